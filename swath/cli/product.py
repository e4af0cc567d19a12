"""``swath product``: from pictures to answers. Each product has a file of its own, ``product_*.py``."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from cyclopts import App

from swath.cli.options import JsonOption

if TYPE_CHECKING:
    from swath.product.kind import ProductKind

__all__ = ["app", "list_products"]

app = App(name="product", help="From pictures to answers.")
# One line a product, as in main.py, that names its file here.
app.command("swath.cli.product_fields:app", name="fields", help="What do pictures say of fields, date by date?")
app.command("swath.cli.product_index:index", name="index", help="Spectral indices of a picture, pixel by pixel.")
app.command("swath.cli.product_index:indices", name="indices", help="Which indices are there, by which formula?")
app.command("swath.cli.product_flood:flood", name="flood", help="What is flooded, and what did it reach?")
app.command("swath.cli.product_burn:burn", name="burn", help="What has burned, and how severely?")
app.command("swath.cli.product_burn:landslide", name="landslide", help="Where has ground slid?")
app.command("swath.cli.product_burn:damage", name="damage", help="Which buildings were damaged?")
app.command("swath.cli.product_burn:debris", name="debris", help="Is there storm debris on the water?")
app.command("swath.cli.product_score:score", name="score", help="How good is a product against the truth?")
app.command("swath.cli.product_crops:crops", name="crops", help="Which crop stands where?")


@app.command(name="list")
def list_products(*, json: JsonOption = False) -> int:
    """Which products can be made, from which bands, in which units, after whom?

    Example: swath product list

    """
    from swath.registry import find, names

    kinds = [_checked(name, find("swath.products", name)) for name in names("swath.products")]
    if json:
        import json as to_json

        print(to_json.dumps({"products": [_entry(kind) for kind in kinds]}, indent=2))
    else:
        print("\n\n".join("\n".join(_lines(kind)) for kind in kinds))
    return 0


def _checked(name: str, found: Any) -> ProductKind:
    from swath.errors import PluginError
    from swath.product.kind import ProductKind

    if not isinstance(found, ProductKind):
        raise PluginError(
            f"product {name!r} is registered as a {type(found).__name__}",
            where="swath.products",
            fix="Let its entry point name a swath.product.kind.ProductKind",
        )
    return found


def _entry(kind: ProductKind) -> dict[str, Any]:
    return {
        "name": kind.name,
        "question": kind.question,
        "bands": list(kind.bands),
        "layers": dict(kind.layers),
        "source": kind.source,
        "command": kind.command or None,
    }


def _lines(kind: ProductKind) -> list[str]:
    layers = "; ".join(f"{name} ({unit})" for name, unit in kind.layers.items())
    rows = [("needs", " | ".join(kind.bands)), ("gives", layers), ("after", kind.source)]
    if kind.command:
        rows.append(("run", kind.command))
    lines = textwrap.wrap(f"{kind.name:<12} {kind.question}", 80, subsequent_indent=" " * 13)
    for word, text in rows:
        lines += textwrap.wrap(f"  {word:<10} {text}", 80, subsequent_indent=" " * 13)
    return lines
