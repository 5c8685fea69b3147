// A stream read by the AWS SDK for JavaScript: `node story_streams_js_sdk.mjs ENDPOINT`, beside the SDK's node_modules.
// Fails by an assertion.
import assert from "node:assert/strict";
import { CreateTableCommand, DeleteItemCommand, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import {
  DescribeStreamCommand, DynamoDBStreamsClient, GetRecordsCommand, GetShardIteratorCommand, ListStreamsCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-dynamodb-streams";

const settings = { endpoint: process.argv[2], maxAttempts: 1 };
const [client, streams] = [new DynamoDBClient(settings), new DynamoDBStreamsClient(settings)];
const TableName = "js-events";
const Key = { PK: { S: "a" } };
const Item = { ...Key, b: { B: new Uint8Array([0, 255]) }, n: { N: "1" } };

await client.send(new CreateTableCommand({
  TableName,
  KeySchema: [{ AttributeName: "PK", KeyType: "HASH" }],
  AttributeDefinitions: [{ AttributeName: "PK", AttributeType: "S" }],
  BillingMode: "PAY_PER_REQUEST",
  StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
}));
await client.send(new PutItemCommand({ TableName, Item }));
await client.send(new DeleteItemCommand({ TableName, Key }));

const { Streams: [{ StreamArn }] } = await streams.send(new ListStreamsCommand({ TableName }));
const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn, Limit: 1 }));
assert.equal(StreamDescription.StreamStatus, "ENABLED");
assert(Math.abs(Date.now() - StreamDescription.CreationRequestDateTime) < 60_000);
const [{ ShardId }] = StreamDescription.Shards;
const at = { StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" };
const { ShardIterator } = await streams.send(new GetShardIteratorCommand(at));
const { Records, NextShardIterator } = await streams.send(new GetRecordsCommand({ ShardIterator }));
assert.deepEqual(Records.map((record) => record.eventName), ["INSERT", "REMOVE"]);
assert.deepEqual(Records[0].dynamodb.NewImage, Item);
assert.deepEqual(Records[1].dynamodb.OldImage, Item);
assert.deepEqual(Records[0].dynamodb.Keys, Key);
assert(Records[0].dynamodb.ApproximateCreationDateTime instanceof Date);
assert.deepEqual((await streams.send(new GetRecordsCommand({ ShardIterator: NextShardIterator }))).Records, []);
await assert.rejects(
  streams.send(new DescribeStreamCommand({ StreamArn: `${StreamArn}0` })),
  (error) => error instanceof ResourceNotFoundException,
);
console.log("told");
