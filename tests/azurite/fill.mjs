// Makes a container in the emulator and puts the files of a folder into it, under the folder's own paths.
// Usage: node fill.mjs ENDPOINT CONTAINER FOLDER
import { BlobServiceClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";

// The emulator's published account and key.
const credential = new StorageSharedKeyCredential(
  "devstoreaccount1",
  "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
);
const [endpoint, container, folder] = process.argv.slice(2);
const client = new BlobServiceClient(endpoint, credential).getContainerClient(container);
await client.createIfNotExists();
const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
for (const file of files) {
  const path = join(file.parentPath, file.name);
  await client.getBlockBlobClient(relative(folder, path).split(sep).join("/")).uploadFile(path);
}
