/** The site of the guides. A dead link ends the build. */
const page = (text, name) => ({ text, link: `/${name}` });

export default {
  title: "Sockeye",
  description: "A live two-way channel between browsers and servers",
  cleanUrls: true,
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    sidebar: [
      {
        text: "Start",
        items: [
          page("Overview", ""),
          page("Plain node:http", "node-http"),
          page("Express", "express"),
          page("Fastify", "fastify"),
          page("React", "react"),
          page("Moving from Socket.IO", "moving"),
        ],
      },
      {
        text: "Build",
        items: [
          page("Typed events", "events"),
          page("Authentication", "authentication"),
          page("Rooms and presence", "rooms"),
          page("Reconnection and recovery", "reconnection"),
          page("Delivery", "delivery"),
          page("Testing an application", "testing"),
          page("Developer tools", "devtools"),
          page("Cluster", "cluster"),
          page("Deployment", "deployment"),
        ],
      },
      {
        text: "Know",
        items: [
          page("Server", "server"),
          page("Client", "client"),
          page("Lifecycle of a connection", "lifecycle"),
          page("Performance", "performance"),
          page("Architecture", "architecture"),
        ],
      },
    ],
  },
};
