// PartiQL by the AWS SDK for JavaScript: statements, pages, a batch, a transaction. The endpoint is the first argument.
import assert from "node:assert/strict";
import {
  BatchExecuteStatementCommand,
  CreateTableCommand,
  DeleteTableCommand,
  DuplicateItemException,
  DynamoDBClient,
  ExecuteStatementCommand,
  ExecuteTransactionCommand,
  TransactionCanceledException,
} from "@aws-sdk/client-dynamodb";

const client = new DynamoDBClient({ endpoint: process.argv[2], maxAttempts: 1 });
const send = (Command, input) => client.send(new Command(input));
const run = (Statement, Parameters, more) => send(ExecuteStatementCommand, { Statement, Parameters, ...more });
const TableName = "app";

await send(CreateTableCommand, {
  TableName,
  KeySchema: [{ AttributeName: "PK", KeyType: "HASH" }, { AttributeName: "SK", KeyType: "RANGE" }],
  AttributeDefinitions: [{ AttributeName: "PK", AttributeType: "S" }, { AttributeName: "SK", AttributeType: "S" }],
  BillingMode: "PAY_PER_REQUEST",
});

// statements
for (const sort of ["1", "2", "3"]) await run("INSERT INTO app VALUE {'PK': 'a', 'SK': ?, 'n': 1}", [{ S: sort }]);
await assert.rejects(run("INSERT INTO app VALUE {'PK': 'a', 'SK': '1'}"), DuplicateItemException);
const updated = await run("UPDATE app SET n = n + ? WHERE PK = 'a' AND SK = '1' RETURNING MODIFIED NEW *", [{ N: "2" }]);
assert.deepEqual(updated.Items, [{ n: { N: "3" } }]);

// pages
const sorts = [];
let NextToken;
do {
  const page = await run("SELECT SK FROM app WHERE PK = 'a'", undefined, { Limit: 2, NextToken });
  sorts.push(page.Items.map((item) => item.SK.S));
  NextToken = page.NextToken;
} while (NextToken);
assert.deepEqual(sorts, [["1", "2"], ["3"]]);

// batches and transactions
const get = (sort) => ({ Statement: "SELECT n FROM app WHERE PK = 'a' AND SK = ?", Parameters: [{ S: sort }] });
const { Responses } = await send(BatchExecuteStatementCommand, { Statements: [get("1"), get("none")] });
assert.deepEqual(Responses, [{ TableName, Item: { n: { N: "3" } } }, { TableName }]);
const TransactStatements = [
  { Statement: "DELETE FROM app WHERE PK = 'a' AND SK = '3'" },
  { Statement: "EXISTS(SELECT * FROM app WHERE PK = 'a' AND SK = '1' AND n = 1)" },
];
await assert.rejects(send(ExecuteTransactionCommand, { TransactStatements }), (error) => {
  assert(error instanceof TransactionCanceledException);
  assert.deepEqual(error.CancellationReasons.map((reason) => reason.Code), ["None", "ConditionalCheckFailed"]);
  return true;
});
await send(ExecuteTransactionCommand, { TransactStatements: TransactStatements.slice(0, 1) });
assert.deepEqual((await run("SELECT SK FROM app WHERE PK = 'a' ORDER BY SK DESC")).Items.map((item) => item.SK.S), ["2", "1"]);

await send(DeleteTableCommand, { TableName });
client.destroy();
console.log("told");
