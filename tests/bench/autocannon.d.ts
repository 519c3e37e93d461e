/** The few fields of autocannon that the benches use; it brings no types. */
declare module "autocannon" {
  type Options = {
    url: string;
    connections: number;
    duration: number;
    headers?: Record<string, string>;
    requests?: { headers: Record<string, string> }[];
    setupClient?: (client: { setHeaders(headers: Record<string, string>): void }) => void;
  };
  type Result = {
    requests: { average: number; total: number };
    latency: { p50: number; p99: number };
    non2xx: number;
    "3xx": number;
    errors: number;
  };
  export default function autocannon(options: Options): Promise<Result>;
}
