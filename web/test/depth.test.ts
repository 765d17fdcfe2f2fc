import { describe, expect, it } from "vitest";
import { crc32 } from "../src/wire/crc32";
import { checksum, DepthBook, type Level } from "../src/wire/depth";
import type { DepthMessage } from "../src/wire/types";

const BIDS: Level[] = [["99.5", "2", 1], ["99", "1.5", 3]];
const ASKS: Level[] = [["100.5", "1", 1], ["101", "4", 2]];

function message(seq: number, prev: number, bids: Level[], asks: Level[], after: [Level[], Level[]], image = false): DepthMessage {
  return { type: "depth", instrument: "X/Y", image, seq, prev, bids, asks, checksum: checksum(...after) };
}

describe("a book kept from the stream", () => {
  it("has zlib's CRC-32", () => {
    expect(crc32("123456789")).toBe(0xcbf43926);
    expect(crc32("")).toBe(0);
  });

  it("is the venue's after an image and its changes", () => {
    const book = new DepthBook();
    expect(book.take(message(10, 0, BIDS, ASKS, [BIDS, ASKS], true))).toBe(true);
    const bids: Level[] = [["99.7", "1", 1], ["99.5", "2.5", 2]];
    const asks: Level[] = [["100.5", "1", 1], ["100.75", "9", 1], ["101", "4", 2]];
    expect(book.take(message(12, 10, [["99.7", "1", 1], ["99.5", "2.5", 2], ["99", "0", 0]], [["100.75", "9", 1]], [bids, asks]))).toBe(true);
    expect(book.bids).toEqual(bids);
    expect(book.asks).toEqual(asks);
    expect(book.seq).toBe(12);
  });

  it("notices a missing message, and a wrong checksum", () => {
    const book = new DepthBook();
    book.take(message(10, 0, BIDS, ASKS, [BIDS, ASKS], true));
    expect(book.take(message(14, 12, [], [], [BIDS, ASKS]))).toBe(false);
    expect(book.take(message(11, 10, [["98", "1", 1]], [], [BIDS, ASKS]))).toBe(false);
  });

  it("compares prices by value: 9 is below 10", () => {
    const book = new DepthBook();
    book.take(message(1, 0, [["10", "1", 1]], [], [[["10", "1", 1]], []], true));
    const after: Level[] = [["10", "1", 1], ["9", "1", 1]];
    expect(book.take(message(2, 1, [["9", "1", 1]], [], [after, []]))).toBe(true);
    expect(book.bids).toEqual(after);
  });
});
