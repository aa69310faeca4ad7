"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.chunk = chunk;
function chunk(list, size) {
    const out = [];
    for (let at = 0; at < list.length; at += size)
        out.push(list.slice(at, at + size));
    return out;
}
//# sourceMappingURL=pieces.js.map