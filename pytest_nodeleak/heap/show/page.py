"""Tables as an HTML page: a pure function of what is shown."""

from __future__ import annotations

import html

from .tables import Column, Table, format_cell

__all__ = ["render_html"]

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem }
h1 { font-size: 1.25rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid #8884 }
th { position: sticky; top: 0; background: Canvas }
.text { text-align: left; overflow-wrap: anywhere }
.more td { border-bottom: 0; padding-bottom: 0 }
.detail { text-align: left; color: GrayText; padding: 0 .6rem .4rem 2rem; white-space: pre-wrap;
  overflow-wrap: anywhere }
td { font-variant-numeric: tabular-nums }
:root { color-scheme: light dark }
"""


def render_html(*tables: Table) -> str:
    """Tables as one HTML page that needs nothing else."""
    title = html.escape(tables[-1].title)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(_html_of(table) for table in tables)
        + "\n</body></html>\n"
    )


def _html_of(table: Table) -> str:
    head = "".join(
        f'<th scope="col"{_class(column)}>{html.escape(column.title)}</th>'
        for column in table.columns
    )
    body: list[str] = []
    for number, row in enumerate(table.rows):
        cells = "".join(
            f"<td{_class(column)}>{html.escape(format_cell(cell, column.style))}</td>"
            for cell, column in zip(row, table.columns, strict=True)
        )
        details = table.details[number] if table.details else ()
        body.append(f"<tr{' class=more' if details else ''}>{cells}</tr>")
        if details:
            text = "<br>".join(html.escape(detail) for detail in details)
            body.append(f'<tr><td class="detail" colspan="{len(table.columns)}">{text}</td></tr>')
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in table.notes)
    shown = ""
    if table.rows:
        lines = "\n".join(body)
        shown = f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{lines}\n</tbody></table>"
    return f"<h1>{html.escape(table.title)}</h1>\n{shown}{notes}"


def _class(column: Column) -> str:
    return ' class="text"' if column.style == "text" else ""
