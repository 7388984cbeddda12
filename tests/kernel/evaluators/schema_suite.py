"""The public JSON Schema tests that we refuse to run, group by group, and why. Ids are those of the suite's file."""

from __future__ import annotations

OTHER_DOCUMENT = "the reference names a document by its address; only places in the schema itself (#/…) are followed"
ANCHOR = "the reference goes by an anchor's name; only places in the schema itself (#/…) are followed"
RECURSIVE = "the schema contains itself, so its work has no bound that is known beforehand"
NESTED_ID = "a subschema has an $id, which changes what #/… means below it"

# group: (code that it is refused with, reason)
REFUSED: dict[str, tuple[str, str]] = {
    "draft7/definitions.json#0": ("ref_not_local", OTHER_DOCUMENT),
    "draft7/ref.json#0": ("schema_recursive", RECURSIVE),
    "draft7/ref.json#7": ("ref_not_local", OTHER_DOCUMENT),
    "draft7/ref.json#14": ("ref_not_local", ANCHOR),
    "draft7/ref.json#15": ("ref_not_local", ANCHOR),
    "draft7/ref.json#18": ("ref_not_local", OTHER_DOCUMENT),
    "draft7/ref.json#19": ("ref_not_local", OTHER_DOCUMENT),
    "draft7/ref.json#20": ("ref_not_local", OTHER_DOCUMENT),
    "draft7/ref.json#21": ("ref_not_local", OTHER_DOCUMENT),
    "draft7/ref.json#26": ("ref_not_local", OTHER_DOCUMENT),
    "draft7/ref.json#27": ("ref_not_local", ANCHOR),
    "draft7/ref.json#28": ("ref_not_local", OTHER_DOCUMENT),
    "draft7/ref.json#29": ("ref_not_local", OTHER_DOCUMENT),
    "draft7/ref.json#30": ("ref_not_local", OTHER_DOCUMENT),
    "draft7/ref.json#31": ("ref_not_local", OTHER_DOCUMENT),
    "draft2020-12/anchor.json#0": ("ref_not_local", ANCHOR),
    "draft2020-12/defs.json#0": ("ref_not_local", OTHER_DOCUMENT),
    "draft2020-12/dynamicRef.json#0": ("ref_not_local", ANCHOR),
    "draft2020-12/dynamicRef.json#1": ("ref_not_local", ANCHOR),
    "draft2020-12/dynamicRef.json#2": ("ref_not_local", ANCHOR),
    "draft2020-12/dynamicRef.json#3": ("ref_not_local", ANCHOR),
    "draft2020-12/dynamicRef.json#4": ("ref_not_local", ANCHOR),
    "draft2020-12/dynamicRef.json#5": ("ref_not_local", ANCHOR),
    "draft2020-12/dynamicRef.json#6": ("ref_not_local", ANCHOR),
    "draft2020-12/dynamicRef.json#7": ("ref_not_local", ANCHOR),
    "draft2020-12/dynamicRef.json#8": ("ref_not_local", ANCHOR),
    "draft2020-12/dynamicRef.json#9": ("ref_not_local", ANCHOR),
    "draft2020-12/dynamicRef.json#10": ("ref_not_local", ANCHOR),
    "draft2020-12/dynamicRef.json#11": ("ref_not_local", ANCHOR),
    "draft2020-12/dynamicRef.json#12": ("schema_nested_id", NESTED_ID),
    "draft2020-12/dynamicRef.json#19": ("ref_not_local", ANCHOR),
    "draft2020-12/dynamicRef.json#20": ("ref_not_local", ANCHOR),
    "draft2020-12/ref.json#0": ("schema_recursive", RECURSIVE),
    "draft2020-12/ref.json#6": ("ref_not_local", OTHER_DOCUMENT),
    "draft2020-12/ref.json#15": ("ref_not_local", OTHER_DOCUMENT),
    "draft2020-12/ref.json#16": ("ref_not_local", OTHER_DOCUMENT),
    "draft2020-12/ref.json#17": ("ref_not_local", OTHER_DOCUMENT),
    "draft2020-12/ref.json#18": ("ref_not_local", OTHER_DOCUMENT),
    "draft2020-12/ref.json#19": ("ref_not_local", OTHER_DOCUMENT),
    "draft2020-12/ref.json#20": ("ref_not_local", OTHER_DOCUMENT),
    "draft2020-12/ref.json#21": ("ref_not_local", OTHER_DOCUMENT),
    "draft2020-12/ref.json#26": ("ref_not_local", OTHER_DOCUMENT),
    "draft2020-12/ref.json#27": ("ref_not_local", ANCHOR),
    "draft2020-12/ref.json#28": ("ref_not_local", OTHER_DOCUMENT),
    "draft2020-12/ref.json#29": ("ref_not_local", OTHER_DOCUMENT),
    "draft2020-12/ref.json#30": ("ref_not_local", OTHER_DOCUMENT),
    "draft2020-12/ref.json#31": ("ref_not_local", OTHER_DOCUMENT),
    "draft2020-12/ref.json#32": ("ref_not_local", OTHER_DOCUMENT),
    "draft2020-12/unevaluatedItems.json#18": ("ref_not_local", ANCHOR),
    "draft2020-12/unevaluatedProperties.json#21": ("ref_not_local", ANCHOR),
    "draft2020-12/unevaluatedProperties.json#33": ("schema_recursive", RECURSIVE),
}
