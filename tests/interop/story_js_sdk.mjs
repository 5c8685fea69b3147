// A story told by the AWS SDK for JavaScript: `node story_js_sdk.mjs ENDPOINT`, beside the SDK's node_modules.
// Fails by an assertion.
import assert from "node:assert/strict";
import {
  BatchGetItemCommand, BatchWriteItemCommand, ConditionalCheckFailedException, CreateTableCommand, DeleteItemCommand,
  DeleteTableCommand, DescribeTimeToLiveCommand, DynamoDBClient, GetItemCommand, ListTablesCommand, PutItemCommand,
  ResourceNotFoundException, TransactGetItemsCommand, TransactWriteItemsCommand, TransactionCanceledException,
  UpdateItemCommand, UpdateTimeToLiveCommand, paginateQuery, waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";

const client = new DynamoDBClient({ endpoint: process.argv[2], maxAttempts: 1 });
const TableName = "app";
const key = (sort) => ({ PK: { S: "a" }, SK: { S: sort } });
const send = (Command, input) => client.send(new Command(input));

await send(CreateTableCommand, {
  TableName,
  KeySchema: [{ AttributeName: "PK", KeyType: "HASH" }, { AttributeName: "SK", KeyType: "RANGE" }],
  AttributeDefinitions: [{ AttributeName: "PK", AttributeType: "S" }, { AttributeName: "SK", AttributeType: "S" }],
  BillingMode: "PAY_PER_REQUEST",
});
await waitUntilTableExists({ client, minDelay: 1, maxWaitTime: 5 }, { TableName });
assert.deepEqual((await send(ListTablesCommand, {})).TableNames, [TableName]);

// items
const item = { ...key("1"), n: { N: "1" }, b: { B: new Uint8Array([0, 255]) }, m: { M: { x: { NULL: true } } } };
await send(PutItemCommand, { TableName, Item: item });
assert.deepEqual((await send(GetItemCommand, { TableName, Key: key("1") })).Item, item);
const add = { TableName, Key: key("1"), UpdateExpression: "ADD n :n", ExpressionAttributeValues: { ":n": { N: "1" } } };
assert.deepEqual((await send(UpdateItemCommand, { ...add, ReturnValues: "UPDATED_NEW" })).Attributes, { n: { N: "2" } });
await assert.rejects(
  send(UpdateItemCommand, { ...add, ConditionExpression: "n < :n", ReturnValuesOnConditionCheckFailure: "ALL_OLD" }),
  (error) => {
    assert(error instanceof ConditionalCheckFailedException);
    assert.equal(error.message, "The conditional request failed");
    assert.deepEqual(error.Item.n, { N: "2" });
    return true;
  },
);

// many items
const puts = Array.from({ length: 25 }, (_, n) => ({ PutRequest: { Item: key(String(n).padStart(2, "0")) } }));
assert.deepEqual((await send(BatchWriteItemCommand, { RequestItems: { app: puts } })).UnprocessedItems, {});
const batch = await send(BatchGetItemCommand, { RequestItems: { app: { Keys: [key("07"), key("none")] } } });
assert.deepEqual(batch.Responses.app, [key("07")]);
const sizes = [];
for await (const page of paginateQuery({ client, pageSize: 4 }, {
  TableName,
  KeyConditionExpression: "PK = :p AND begins_with(SK, :s)",
  ExpressionAttributeValues: { ":p": { S: "a" }, ":s": { S: "0" } },
})) sizes.push(page.Items.length);
assert.deepEqual(sizes, [4, 4, 2]);
const answers = await Promise.all(puts.map((put) => send(GetItemCommand, { TableName, Key: put.PutRequest.Item })));
assert(answers.every((answer) => answer.Item));

// transactions
const put = { Put: { TableName, Item: key("new") } };
const check = { ConditionCheck: { TableName, Key: key("none"), ConditionExpression: "attribute_exists(PK)" } };
await assert.rejects(send(TransactWriteItemsCommand, { TransactItems: [put, check] }), (error) => {
  assert(error instanceof TransactionCanceledException);
  assert.deepEqual(error.CancellationReasons.map((reason) => reason.Code), ["None", "ConditionalCheckFailed"]);
  return true;
});
await send(TransactWriteItemsCommand, { TransactItems: [put] });
const got = await send(TransactGetItemsCommand, { TransactItems: [{ Get: { TableName, Key: key("new") } }] });
assert.deepEqual(got.Responses, [{ Item: key("new") }]);

// the table
await send(UpdateTimeToLiveCommand, {
  TableName, TimeToLiveSpecification: { Enabled: true, AttributeName: "until" },
});
const { TimeToLiveDescription } = await send(DescribeTimeToLiveCommand, { TableName });
assert.deepEqual(TimeToLiveDescription, { TimeToLiveStatus: "ENABLED", AttributeName: "until" });
await send(DeleteItemCommand, { TableName, Key: key("1") });
await send(DeleteTableCommand, { TableName });
await assert.rejects(send(GetItemCommand, { TableName, Key: key("1") }), ResourceNotFoundException);
client.destroy();
console.log("told");
