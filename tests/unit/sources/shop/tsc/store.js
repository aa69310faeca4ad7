"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.routes = exports.later = exports.single = exports.forget = exports.Crate = exports.Ticket = void 0;
exports.leak = leak;
exports.everyTicket = everyTicket;
class Ticket {
    order;
    lines;
    constructor(order) {
        this.order = order;
        this.lines = order.lines.slice();
    }
    describe(prefix) {
        return prefix + this.lines.join(", ");
    }
    static fromId(id) {
        return new Ticket({ id, lines: ["one", "two"] });
    }
    get size() {
        return this.lines.length;
    }
    handler = (event) => this.lines.push(event);
}
exports.Ticket = Ticket;
class PlainBox {
    content = [1, 2, 3];
}
class Crate extends PlainBox {
    label = "crate";
}
exports.Crate = Crate;
const kept = [];
function leak(order) {
    const remember = (ticket) => {
        kept.push(ticket);
        return kept.length;
    };
    return remember(new Ticket(order));
}
const forget = (count) => {
    kept.splice(0, count);
};
exports.forget = forget;
const single = async (order) => leak(order);
exports.single = single;
const later = function (order) {
    return () => leak(order);
};
exports.later = later;
async function* everyTicket() {
    for (const ticket of kept)
        yield ticket;
}
exports.routes = {
    async GET(order) {
        return leak(order);
    },
    POST: (order) => leak(order),
    DELETE: function (count) {
        (0, exports.forget)(count);
    },
};
//# sourceMappingURL=store.js.map