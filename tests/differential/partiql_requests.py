"""Statements for the simulator and DynamoDB Local, and the table ``refusals.TABLE`` filled with what they are about.

Data only. A statement is text, or text with its parameters.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from tests.differential.refusals import THINGS, Request

Ask: TypeAlias = "tuple[str, Request]"

ITEMS: Final[list[Request]] = [
    {
        "pk": {"S": "a"},
        "sk": {"N": "1"},
        "g": {"S": "x"},
        "h": {"B": "AA=="},
        "n": {"N": "5"},
        "m": {"M": {"k": {"S": "v"}, "l": {"L": [{"N": "1"}, {"N": "2"}]}}},
        "ss": {"SS": ["p", "q"]},
        "l": {"L": [{"S": "x"}]},
    },
    {"pk": {"S": "a"}, "sk": {"N": "2"}, "g": {"S": "y"}, "n": {"N": "7"}, "z": {"NULL": True}},
    {"pk": {"S": "b"}, "sk": {"N": "1"}, "n": {"S": "str"}, "e": {"S": ""}},
    {"pk": {"S": "b"}, "sk": {"N": "3"}, "t": {"BOOL": True}},
]
PUTS: Final[list[Ask]] = [("PutItem", {**THINGS, "Item": item}) for item in ITEMS]

ONE: Final = "pk = 'a' AND sk = 1"

WHERES: Final = """
n = 5 | n <> 5 | n != 5 | 5 < n | n BETWEEN 1 AND 6 | n NOT BETWEEN 1 AND 6 | n BETWEEN 6 AND 1 | n BETWEEN 'a' AND 1
n IN [5,7] | n IN (5,7) | n IN <<5>> | n NOT IN [5] | n IN [] | n IN 5 | n IN [g] | n IN [[5]] | m.k IN ['v']
n IS MISSING | n IS NOT MISSING | z IS NULL | z IS NOT NULL | n IS NULL | z = NULL | n = MISSING | n IS STRING
n IS NUMERIC | l IS LIST | m IS STRUCT | m IS TUPLE | t IS BOOL | h IS BLOB | n IS INT | ss IS BAG | n IS nothing
begins_with(n, 's') | BEGINS_WITH(g, 'x') | contains(ss, 'p') | contains(g, 'y') OR begins_with(g, 'x') | size(ss) = 2
attribute_type(n, 'N') | attribute_type(n, 'Q') | size(pk) = 1 | size('abc') = 3 | size(1) = 1 | size(pk) | size() = 1
attribute_exists(n) | attribute_not_exists(n) | foo(n) | exists(n) | upper(g) = 'X' | list_append(n, n) = 1
begins_with(pk) | begins_with(g, 1) | begins_with(g, g) | contains(g, 'x', 'y') | "size"(g) = 1 | contains((g), ('x'))
NOT n = 5 | NOT (n = 5 OR n = 7) | NOT n | t | t = true | true | 1 = 1 | n = n | n > g | n > true | n > [1] | n = [1]
m.k = 'v' | m['k'] = 'v' | m[k] = 'v' | m.l[0] = 1 | m.l[1+1] = 1 | m.* = 1 | l[*] = 1 | "n" = 5 | N = 5 | m."k" = 'v'
m.l[-1] = 1 | m.l[4294967294] = 1 | "m.k" = 'v' | (m).k = 'v' | 'a'.b = 1 | {'a': 1}.a = 1 | begins_with(g, 'x').a = 1
n = -5 | n = +5 | n = - -5 | n = 5.0 | n = 5e0 | n = .5 | n = 5. | n + 1 = 6 | n = 4 + 1 | g || 'a' = 'xa'
g LIKE 'x' | e = '' | g = 'it''s' | m = {'k': 'v', 'l': [1,2]} | ss = <<'q','p'>> | ss = <<>> | ss = <<'p',1>>
ss = <<1,1>> | n = `5` | pk = 'a' | pk = 'a' AND sk = 1 | pk = 'a' AND sk > 1 | pk = 'a' AND sk BETWEEN 1 AND 1
pk = 'a' AND sk <> 1 | pk = g | pk = 'a' AND sk = '1' | pk = 1 | pk = '' | pk > '' | pk IN [''] | pk IN [1] | sk = 'x'
sk > 'x' | NOT sk = 'x' | sk = NULL | pk > 'a' | pk <> 'a' | 'a' = pk AND 1 = sk | pk IN ['a','b']
pk = 'a' OR pk = 'b' | pk IN ['a'] AND sk = 1 | pk.x = 1 | pk = 'a' AND (sk = 1 OR sk = 2) | pk = 'a' AND pk = 'b'
pk = 'a' AND sk >= 1 AND sk <= 1 | pk = 'a' AND sk IN [1] | pk = 'a' AND begins_with(sk, 'a') | pk = 'a' AND n = 5
pk = 'a' AND g = 1 | pk = 'a' AND contains(sk, 'x') | sk IN ['x'] | n = 5 AND | (n = 5 | n = 5) | n = 'a | n # 5
n = 5 5 | n == 5 | n IS | n = user | value = 1 | m.value = 1 | n = () | n = {'a'} | CASE WHEN n = 1 THEN true END
CAST(n AS INT) = 5 | n = (SELECT * FROM things) | count(n) = 1 | n = (1, 2) | n = list(1) | n = 5 -- comment
n = /* here */ 5 | n = [g] | n = {'a': g} | n = {a: 1} | n = {'a': 1, 'a': 2} | n = {'': 1} | n = 1e400
(n = 5) = true | begins_with(g, 'x') <> true
n = 5 = 2 | t = (pk = 'b') | (n = 5) = (g = 'x') | n = 5 < 6 | n AND g | 1 IS MISSING | size(n) IS MISSING
MISSING IS MISSING
"""
SELECTS: Final = f"""
SELECT * FROM things | select * from "things"; | SELECT pk, m.k FROM things | SELECT m.l[0], m.l[1] FROM things
SELECT m['k'] FROM things | SELECT l[0] FROM things | SELECT nope FROM things | SELECT m.l FROM things
SELECT n AS x FROM things | SELECT n + 1 FROM things | SELECT COUNT(*) FROM things | SELECT DISTINCT n FROM things
SELECT VALUE n FROM things | SELECT * FROM things t | SELECT things.n FROM things | SELECT n FROM things GROUP BY n
SELECT size(pk) FROM things | SELECT n, n FROM things | SELECT m, m.k FROM things | SELECT m.k, m FROM things
SELECT m.* FROM things | SELECT *, pk FROM things | SELECT 1 FROM things | SELECT a.b, c.b FROM things
SELECT pk.x FROM things | SELECT * FROM things LIMIT 1 | SELECT pk FROM things HAVING n = 1
SELECT * FROM things, things | SELECT * FROM 'things' | SELECT * FROM nowhere | SELECT * FROM th | SELECT * FROM ""
SELECT * FROM a.b.c | SELECT * FROM "things"."nope" | SELECT * FROM "things"."local" WHERE pk = 'a'
SELECT * FROM "things"."local" WHERE pk = 'a' AND g > 'x' | SELECT * FROM "things"."global" WHERE g = 'x'
SELECT * FROM "things"."global" | SELECT n FROM "things"."global" | SELECT * FROM "things"."global" WHERE g = 1
SELECT * FROM "things"."global" WHERE pk = 1 | SELECT * FROM things ORDER BY sk
SELECT * FROM things WHERE pk = 'a' ORDER BY sk DESC | SELECT * FROM things WHERE pk = 'a' ORDER BY n
SELECT * FROM things WHERE n = 1 ORDER BY pk | SELECT * FROM things WHERE pk = 'a' ORDER BY pk DESC, sk DESC
SELECT * FROM things WHERE pk = 'a' ORDER BY m.k | SELECT * FROM things WHERE pk = 'a' ORDER BY 1 | SELECT | SELECT *
SELECT * FROM | SELECT FROM things | SELECT * FROM things WHERE | SELECT * FROM things;SELECT * FROM things
DROP TABLE things | CREATE TABLE things | x | 'x' | 1 | {{'a': 1}} | a.b | a = 1
EXISTS(SELECT * FROM things WHERE {ONE})
"""
WRITES: Final = f"""

INSERT INTO things VALUE {{'pk': 'new', 'sk': 1, 'l': [1, 'a', true, null], 'm': {{'a': <<1, 2>>}}, 'd': -1.50}}
INSERT INTO things VALUE {{'pk': 'a', 'sk': 1}} | INSERT INTO things VALUE {{'pk': 'a'}}
INSERT INTO things VALUE {{}} | INSERT INTO things VALUE {{'pk': 1, 'sk': 1}}
INSERT INTO things VALUE {{'pk': '', 'sk': 1}} | INSERT INTO things VALUE {{'pk': 'x', 'sk': 1, 'a': MISSING}}
INSERT INTO things VALUE {{'pk': 'x', 'sk': 1, 'a': b}} | INSERT INTO things VALUE {{'pk': 'x', 'sk': 1, 'pk': 'y'}}
INSERT INTO things VALUE {{pk: 'x'}} | INSERT INTO things VALUE [1] | INSERT INTO things VALUE 1
INSERT INTO things <<{{'pk': 'x'}}>> | INSERT INTO things | INSERT INTO things VALUE {{'': 1}}
INSERT INTO things VALUE {{'pk': 'x', 'sk': 1e200}}
INSERT INTO things VALUE {{'pk': 'x', 'sk': 1}} RETURNING ALL OLD * | INSERT INTO nowhere VALUE {{'pk': 'a'}}
INSERT INTO "things"."local" VALUE {{'pk': 'a'}} | UPDATE things SET n = 6 WHERE {ONE}
UPDATE things SET n = n + 1 WHERE {ONE} RETURNING ALL NEW *
UPDATE things SET n = n + 1 - 2 WHERE {ONE} RETURNING MODIFIED NEW *
UPDATE things SET x = 1 - (2 - n) WHERE {ONE} RETURNING ALL NEW *
UPDATE things SET n = n - 1, x = 'y' REMOVE ss WHERE {ONE} RETURNING MODIFIED OLD *
UPDATE things SET n = 1 WHERE {ONE} RETURNING ALL OLD *
UPDATE things SET m.k = 'w', m.q = 1 WHERE {ONE} RETURNING ALL NEW *
UPDATE things SET m.l[0] = 9 WHERE {ONE} RETURNING ALL NEW *
UPDATE things SET m.l = list_append(m.l, [3, 4]) WHERE {ONE} RETURNING ALL NEW *
UPDATE things SET ss = set_add(ss, <<'r'>>) WHERE {ONE} RETURNING ALL NEW *
UPDATE things SET ss = set_delete(ss, <<'p'>>) WHERE {ONE} RETURNING ALL NEW *
UPDATE things SET ss = set_delete(ss, <<'p', 'q'>>) WHERE {ONE} RETURNING ALL NEW *
UPDATE things SET ss = set_add(ss, <<1>>) WHERE {ONE} | UPDATE things SET s2 = set_add(ss, <<'r'>>) WHERE {ONE}
UPDATE things SET ss = set_add(ss) WHERE {ONE} | UPDATE things SET n = set_add(n, 5) WHERE {ONE}
UPDATE things SET q = if_not_exists(q, 5) + 1 WHERE {ONE} RETURNING ALL NEW *
UPDATE things SET q = g + 1 WHERE {ONE} | UPDATE things SET q = n * 2 WHERE {ONE}
UPDATE things SET q = MISSING WHERE {ONE} | UPDATE things SET q = foo(n) WHERE {ONE}
UPDATE things SET q = size(n) WHERE {ONE} | UPDATE things SET q = -n WHERE {ONE}
UPDATE things SET q = n IS MISSING WHERE {ONE} | UPDATE things REMOVE m.l[0] WHERE {ONE} RETURNING ALL NEW *
UPDATE things REMOVE n, l WHERE {ONE} | UPDATE things REMOVE pk WHERE {ONE} | UPDATE things SET pk = 'x' WHERE {ONE}
UPDATE things SET n = 1, n = 2 WHERE {ONE} | UPDATE things SET nope.x = 1 WHERE {ONE}
UPDATE things SET n = 1 WHERE pk = 'a' | UPDATE things SET n = 1 | UPDATE things SET n = 1 WHERE pk = 'a' AND sk > 1
UPDATE things SET n = 1 WHERE pk = 'nope' AND sk = 1 | UPDATE things SET n = 1 WHERE {ONE} AND n = 77
UPDATE things SET n = 1 WHERE {ONE} OR n = 1
UPDATE things SET n = 1 WHERE {ONE} AND (n = 77 OR n = 5) RETURNING ALL NEW *
UPDATE things SET n = 1 WHERE {ONE} AND pk = 'b' | UPDATE things SET n = 1 WHERE pk = 1 AND sk = 1
UPDATE things SET n = 1 WHERE pk = '' AND sk = 1 | UPDATE things SET n = 1 WHERE pk IN ['a'] AND sk = 1
UPDATE things SET n = 1 WHERE {ONE} RETURNING ALL OLD n
UPDATE things SET n = 1 WHERE {ONE} RETURNING ALL NEW *, ALL OLD * | UPDATE things WHERE {ONE}
UPDATE things SET WHERE {ONE} | UPDATE thi-ngs SET n = 1 | UPDATE 'things' SET n = 1
FROM things WHERE {ONE} SET n = 1 | UPDATE nowhere SET n = 1 WHERE pk = 'a'
UPDATE "things"."local" SET n = 1 WHERE {ONE} | DELETE FROM things WHERE {ONE}
DELETE FROM things WHERE {ONE} RETURNING ALL OLD * | DELETE FROM things WHERE pk = 'nope' AND sk = 1
DELETE FROM things WHERE {ONE} AND n = 99 | DELETE FROM things WHERE pk = 'nope' AND sk = 1 AND n = 99
DELETE FROM things WHERE pk = 'nope' AND sk = 1 AND n IS MISSING | DELETE FROM things WHERE pk = 'a'
DELETE FROM things | DELETE things WHERE {ONE} | DELETE FROM things WHERE {ONE} RETURNING ALL NEW *
DELETE FROM nowhere WHERE pk = 'a' | DELETE FROM "things"."local" WHERE {ONE}
"""
GET: Final = f"SELECT * FROM things WHERE {ONE}"
UPDATE: Final = f"UPDATE things SET n = 1 WHERE {ONE}"
INSERT: Final = "INSERT INTO things VALUE {'pk': 'new', 'sk': 1}"
EXISTS: Final = "EXISTS(SELECT * FROM things WHERE pk = 'a' AND sk = 2 AND n = 7)"
BATCHES: Final[list[list[str]]] = [
    [GET],
    [GET, GET],
    [GET, "SELECT n FROM things WHERE pk = 'x' AND sk = 1", "SELECT m.k FROM things WHERE pk = 'a' AND sk = 2"],
    [GET, UPDATE],
    [GET, "SELECT * FROM nowhere WHERE pk = 'a'", "SELECT * FROM things WHERE pk = 'a' AND sk = '2'"],
    [GET, "what", EXISTS],
    [INSERT, "INSERT INTO things VALUE {'pk': 'a', 'sk': 1}", "INSERT INTO things VALUE {'pk': 'x'}"],
    [UPDATE, f"{INSERT[:-3]} 2}}", "UPDATE things SET n = 1 WHERE pk = 'x' AND sk = 1"],
    [f"{UPDATE} RETURNING ALL OLD *", "DELETE FROM things WHERE pk = 'b' AND sk = 3 RETURNING ALL OLD *"],
    [f"{UPDATE} AND n = 99", "UPDATE nowhere SET n = 1 WHERE pk = 'a'", "UPDATE things SET n = 1 WHERE pk = 'a'"],
]
TRANSACTIONS: Final[list[list[str]]] = [
    [GET],
    [GET, GET],
    [GET, "SELECT m.k FROM things WHERE pk = 'a' AND sk = 2", "SELECT * FROM things WHERE pk = 'x' AND sk = 1"],
    [GET, UPDATE],
    [GET, EXISTS],
    [GET, "SELECT * FROM things WHERE pk = 'a'"],
    ["SELECT * FROM \"things\".\"local\" WHERE pk = 'a' AND g = 'x'"],
    ["SELECT * FROM nowhere WHERE pk = 'a'"],
    ["UPDATE nowhere SET n = 1 WHERE pk = 'a'"],
    [INSERT, UPDATE, "DELETE FROM things WHERE pk = 'b' AND sk = 1", EXISTS],
    [INSERT, EXISTS.replace("7", "8")],
    [INSERT, "INSERT INTO things VALUE {'pk': 'a', 'sk': 1}"],
    [INSERT, INSERT],
    [INSERT, "UPDATE things SET n = 1 WHERE pk = 'x' AND sk = 1"],
    [INSERT, f"{UPDATE} RETURNING ALL NEW *"],
    [INSERT, "EXISTS(SELECT * FROM things WHERE pk = 'a' AND sk = 2)"],
    [INSERT, "EXISTS(SELECT * FROM things WHERE pk = 'a')"],
    [INSERT, "EXISTS(SELECT * FROM things WHERE pk = 'x' AND sk = 2 AND n IS MISSING)"],
    [INSERT, "INSERT INTO things VALUE {'pk': 1, 'sk': 1}"],
    [INSERT, "what"],
    [INSERT, "a = 1"],
    [INSERT, "UPDATE things SET"],
    [INSERT, "UPDATE things SET n = ? WHERE pk = 'a' AND sk = 1"],
]
PARAMETERS: Final[list[Request]] = [
    {"Statement": "SELECT * FROM things WHERE pk = ? AND sk = ?", "Parameters": [{"S": "a"}, {"N": "1"}]},
    {"Statement": "SELECT * FROM things WHERE n IN [?, 5] AND ? < sk", "Parameters": [{"N": "7"}, {"N": "1"}]},
    {"Statement": "SELECT * FROM things WHERE n = ?", "Parameters": [{"SS": ["b", "a"]}]},
    {"Statement": "SELECT * FROM things WHERE pk = ?", "Parameters": [{"N": "1"}]},
    {"Statement": "SELECT * FROM things WHERE n = ?"},
    {"Statement": "SELECT * FROM things WHERE n = {'a': ?}", "Parameters": [{"N": "1"}]},
    {"Statement": "SELECT * FROM things WHERE n = ?", "Parameters": [{}]},
    {"Statement": f"UPDATE things SET ss = set_add(ss, ?) WHERE {ONE}", "Parameters": [{"S": "x"}]},
    {"Statement": "INSERT INTO things VALUE {'pk': ?, 'sk': ?}", "Parameters": [{"S": "x"}, {"N": "1"}]},
    {"Statement": "INSERT INTO things VALUE ?", "Parameters": [{"M": {}}]},
    {"Statement": f"{UPDATE} AND n = 9", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"},
    {"Statement": "INSERT INTO things VALUE {'pk': 'a', 'sk': 1}", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"},
    {"Statement": GET, "Limit": 0},
]


def listed(texts: str) -> list[str]:
    """The texts of a table: a line has several."""
    return [text.strip() for line in texts.strip().splitlines() for text in line.split(" | ")]


def statements() -> list[Any]:
    """All single statements, as requests."""
    texts = [f"SELECT * FROM things WHERE {where}" for where in listed(WHERES)] + listed(SELECTS) + listed(WRITES)
    return [{"Statement": text} for text in texts] + PARAMETERS
