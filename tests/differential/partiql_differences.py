"""What DynamoDB Local is known to answer otherwise to PartiQL: its own texts, and answers of its own, with reasons.

Data; each entry has an example, whose last request is the one that is answered otherwise.
"""

from __future__ import annotations

from typing import Final

from tests.differential.differences import ERROR, INVALID, KnownDifference, LocalText, Request
from tests.differential.partiql_requests import GET, ONE, UPDATE, Ask

_CAPTURED: Final = "captures of the service have the other text"
_MODEL: Final = "the service's model has the other name"

TEXTS: Final[tuple[LocalText, ...]] = (
    LocalText(
        "syntax",
        r"(?s)(?<=Statement wasn't well formed, can't be processed: ).*?(?=\"|$)",
        "…",
        "the service tells what it expected (captures); Local repeats the statement",
    ),
    LocalText("inserted twice", r"^DuplicateItem(?=: )", "DuplicateItemException", _MODEL),
    LocalText(
        "batches select items",
        r"Only single item select is supported",
        "Select statements within BatchExecuteStatement must specify the primary key in the where clause.",
        _CAPTURED,
    ),
    LocalText(
        "precision",
        r"DynamoDB only supports precision up to 38 digits",
        "Attempting to store more than 38 significant digits in a Number",
        _CAPTURED,
    ),
    LocalText(
        "tables of batches", r"Cannot do operations on a non-existent table", "Requested resource not found", _CAPTURED
    ),
)

TEXT_EXAMPLES: Final[dict[str, Ask]] = {
    "syntax": ("ExecuteStatement", {"Statement": "SELECT"}),
    "inserted twice": ("ExecuteStatement", {"Statement": "INSERT INTO things VALUE {'pk': 'a', 'sk': 1}"}),
    "batches select items": ("BatchExecuteStatement", {"Statements": [{"Statement": "SELECT * FROM things"}]}),
    "precision": ("ExecuteStatement", {"Statement": f"SELECT * FROM things WHERE n = {'1' * 39}"}),
    "tables of batches": (
        "BatchExecuteStatement",
        {"Statements": [{"Statement": "SELECT * FROM nowhere WHERE pk = 'a'"}]},
    ),
}


def _has_spare_parameters(request: Request) -> bool:
    return len(request.get("Parameters", ())) > str(request.get("Statement")).count("?")


KNOWN: Final[tuple[KnownDifference, ...]] = (
    KnownDifference(
        "parameters left over",
        "the text says that the numbers do not match; Local takes more parameters than there are places",
        ours=f"{INVALID}Number of parameters",
        local=r"ExecuteStatement",
        request=_has_spare_parameters,
    ),
    KnownDifference(
        "modified paths",
        "RETURNING MODIFIED answers the paths that were changed, as UPDATED_NEW does; Local whole attributes",
        ours=r"ExecuteStatement",
        local=r"ExecuteStatement",
        request=lambda request: "MODIFIED" in str(request),
        apart_from=("Items",),
    ),
    KnownDifference(
        "order of many partitions",
        "ORDER BY wants an equality on the partition key (documentation); Local takes any condition and orders nothing",
        ours=f"{INVALID}Must have at least one non-optional hash key",
        local=r"ExecuteStatement",
    ),
    KnownDifference(
        "a partition named twice",
        "an item is found once; Local answers it as often as its partition is named",
        ours=r"ExecuteStatement",
        local=r"ExecuteStatement",
        request=lambda request: "IN ['a','a']" in str(request["Statement"]),
        apart_from=("Items",),
    ),
    KnownDifference(
        "many partitions",
        "IN has up to 50 values of the partition key (documentation); Local does not count them",
        ours=f"{INVALID}The IN operator is provided with too many operands; number of operands: 51",
        local=r"ExecuteStatement",
    ),
    KnownDifference(
        "Local fails inside",
        "conditions on keys that no key condition can be; Local answers 500",
        ours="",
        local="InternalFailure: ",
    ),
    KnownDifference(
        "truth within functions",
        "functions take paths and values (documentation); Local also takes what a comparison gives",
        ours=f"{INVALID}Incorrect operand type for operator or function; operator or function: contains, operand type",
        local=r"ExecuteStatement",
    ),
    KnownDifference(
        "truth stored",
        "a comparison is no right side of SET (documentation); Local stores what it gives",
        ours=f"{INVALID}Unsupported operator in Update Expression. Operator: =",
        local=r"ExecuteStatement",
        changes=True,
    ),
    KnownDifference(
        "arithmetic within functions",
        "the documentation has arithmetic beside functions, not within them",
        ours=rf"{INVALID}Unsupported operator in Update Expression. Operator: [+-]",
        local=r"ExecuteStatement",
        changes=True,
    ),
    KnownDifference(
        "types of index keys",
        "the service names the key (captures); Local does not, and lets updates through",
        ours=rf"{INVALID}One or more parameter values were invalid: Type mismatch for Index Key",
        local=rf"ExecuteStatement|{INVALID}One or more parameter values were invalid: Type mismatch for Index Key$",
        changes=True,
    ),
    KnownDifference(
        "filters of indexes",
        "a filter sees what an index has, as in Query; Local fetches the table's items",
        ours=rf"ExecuteStatement|{INVALID}One or more parameter values were invalid: Secondary index",
        local=r"ExecuteStatement",
        request=lambda request: '"global" WHERE' in str(request["Statement"]),
    ),
    KnownDifference(
        "keys of other types",
        "a partition key of another type is refused wherever it stands; Local looks at the last of several",
        ours=rf"{INVALID}(Key attribute's data type|One or more parameter values were invalid: Condition parameter)",
        local=r"ExecuteStatement",
    ),
    KnownDifference(
        "consistent reads of global indexes",
        "the service's own text (captures)",
        ours=f"{INVALID}Strongly consistent read is not supported on Global Secondary Indexes",
        local=INVALID,
    ),
    KnownDifference(
        "empty lists of statements",
        "the service checks shapes by its model and says so in one form for all operations",
        ours=rf"{INVALID}\d validation error",
        local=INVALID,
        operations=("BatchExecuteStatement", "ExecuteTransaction", "ExecuteStatement"),
    ),
    KnownDifference(
        "keys of writes in transactions",
        "what is wrong with an element cancels a transaction, with a reason for each (documentation); Local gives none",
        ours="TransactionCanceledException: Transaction cancelled",
        local="TransactionCanceledException: ValidationError ",
        operations=("ExecuteTransaction",),
    ),
    KnownDifference(
        "updates that fail in transactions",
        "what an update finds in an item cancels a transaction (documentation); in Local it is the request's error",
        ours="TransactionCanceledException: ",
        local=f"{INVALID}An operand in the update",
        operations=("ExecuteTransaction",),
    ),
    KnownDifference(
        "items of failed transactions",
        "the documentation has ReturnValuesOnConditionCheckFailure for statements; Local accepts and forgets it",
        ours="TransactionCanceledException: ",
        local="TransactionCanceledException: ",
        operations=("ExecuteTransaction",),
        request=lambda request: "ALL_OLD" in repr(request),
    ),
    KnownDifference(
        "inserted twice in transactions",
        "the documentation of BatchStatementError has a code of its own for it; Local takes that of other mistakes",
        ours=r"TransactionCanceledException: .*DuplicateItem",
        local=r"TransactionCanceledException: .*ValidationError",
        operations=("ExecuteTransaction",),
    ),
    KnownDifference(
        "empty projections",
        "an item of which nothing is wanted is left out (captures of TransactGetItems); Local answers an empty one",
        ours=r"ExecuteTransaction \{",
        local=r"ExecuteTransaction \{.*\"Item\": \{\}",
        operations=("ExecuteTransaction",),
        apart_from=("Responses",),
    ),
    KnownDifference(
        "sets of operations",
        "PartiQL that DynamoDB does not have; Local's parser knows some of it",
        ours=rf"{INVALID}Statement wasn't well formed",
        local=ERROR,
        request=lambda request: any(word in str(request) for word in ("UNION", "PIVOT", "VALUES", "extract(")),
    ),
)


def one(statement: str, *parameters: Request, **more: object) -> Ask:
    return "ExecuteStatement", {"Statement": statement, **({"Parameters": [*parameters]} if parameters else {}), **more}


def transact(*statements: str, **more: object) -> Ask:
    return "ExecuteTransaction", {"TransactStatements": [{"Statement": text, **more} for text in statements]}


EXAMPLES: Final[dict[str, Ask]] = {
    "parameters left over": one(GET, {"S": "x"}),
    "modified paths": one(f"UPDATE things SET m.k = 'w' WHERE {ONE} RETURNING MODIFIED NEW *"),
    "order of many partitions": one("SELECT * FROM things WHERE pk > 'a' ORDER BY pk"),
    "a partition named twice": one("SELECT * FROM things WHERE pk IN ['a','a']"),
    "many partitions": one(f"SELECT * FROM things WHERE pk IN [{', '.join(repr(str(at)) for at in range(51))}]"),
    "Local fails inside": one("SELECT * FROM things WHERE pk = 'a' AND sk IS MISSING"),
    "truth within functions": one("SELECT * FROM things WHERE contains(l, n = 5)"),
    "truth stored": one(f"UPDATE things SET n = g = 'x' WHERE {ONE}"),
    "arithmetic within functions": one(f"UPDATE things SET n = if_not_exists(q, n + 1) WHERE {ONE}"),
    "types of index keys": one(f"UPDATE things SET g = 1 WHERE {ONE}"),
    "filters of indexes": one('SELECT * FROM "things"."global" WHERE g = \'x\' AND n = 5'),
    "keys of other types": one("SELECT * FROM things WHERE pk = 1 OR pk = 'a'"),
    "consistent reads of global indexes": one('SELECT * FROM "things"."global"', ConsistentRead=True),
    "empty lists of statements": ("BatchExecuteStatement", {"Statements": []}),
    "keys of writes in transactions": transact("DELETE FROM things WHERE pk = 'a'"),
    "updates that fail in transactions": transact(f"UPDATE things SET n = g + 1 WHERE {ONE}"),
    "items of failed transactions": transact(f"{UPDATE} AND n = 9", ReturnValuesOnConditionCheckFailure="ALL_OLD"),
    "inserted twice in transactions": transact("INSERT INTO things VALUE {'pk': 'a', 'sk': 1}"),
    "empty projections": transact("SELECT m.k FROM things WHERE pk = 'a' AND sk = 2"),
    "sets of operations": one("SELECT pk FROM things UNION SELECT pk FROM things"),
}
