import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, type ZlibOptions } from "node:zlib";

type Decoder = (body: Buffer, options?: Pick<ZlibOptions, "maxOutputLength">) => Promise<Buffer>;

/** What unpacks a body, by its content encoding. */
export const DECODERS: Record<string, Decoder | undefined> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};
