export { ConfigError } from "./config/table";
export { createGateway, type EmbeddedGateway, type GatewayOptions } from "./gateway";
