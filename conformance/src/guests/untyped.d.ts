/** Version 2 brings no types, and those of version 3 cannot be resolved: both are used as `Connect`. */
declare module "socket.io-client-2";
declare module "socket.io-client-3";
