import * as z from "zod/mini";
import * as message from "./messages";
import type { ServerMessage } from "./types";

/** What the socket carried was not one of the server's messages. */
export class DecodeError extends Error {
  override name = "DecodeError";
}

function decodeTopic(topic: string, value: unknown): ServerMessage {
  const kind = topic.split(":", 1)[0];
  switch (kind) {
    case "status":
      return { kind, ...z.parse(message.statusMessage, value) };
    case "ticks":
      return { kind, ...z.parse(message.ticksMessage, value) };
    case "bars":
      return { kind, ...z.parse(message.barsMessage, value) };
    case "pair":
      return { kind, ...z.parse(message.pairMessage, value) };
    default:
      throw new DecodeError(`a message of the unknown topic ${topic}`);
  }
}

function decodeValue(value: unknown): ServerMessage {
  const { type, topic } = z.parse(message.envelope, value);
  switch (type) {
    case "hello":
      return { kind: type, ...z.parse(message.hello, value) };
    case "ack":
      return { kind: type, ...z.parse(message.ack, value) };
    case "pong":
      return { kind: type, ...z.parse(message.pong, value) };
    case "error":
      return { kind: type, ...z.parse(message.error, value) };
    case "snapshot":
    case "update":
      return decodeTopic(topic ?? "", value);
    default:
      throw new DecodeError(`a message of the unknown type ${type}`);
  }
}

/** Decodes and checks one text frame. Throws DecodeError for anything that is not one of the server's messages. */
export function decode(frame: string): ServerMessage {
  try {
    return decodeValue(JSON.parse(frame));
  } catch (cause) {
    if (cause instanceof DecodeError) throw cause;
    throw new DecodeError("a message that does not have the server's form", { cause });
  }
}
