# Files that have not changed are not compiled again; with another libngtcp2 QUIC_COMPILED_WITH changes,
# and all of them are.
{
  "variables": {
    "sanitize%": "no"
  },
  "targets": [
    {
      "target_name": "ngtcp2_napi",
      "sources": [
        "src/addon.cc",
        "src/addresses.cc",
        "src/connection.cc",
        "src/connection-callbacks.cc",
        "src/connection-deliver.cc",
        "src/connection-report.cc",
        "src/connection-send.cc",
        "src/connection-streams.cc",
        "src/connection-wrap.cc",
        "src/endpoint.cc",
        "src/endpoint-accept.cc",
        "src/endpoint-send.cc",
        "src/endpoint-turns.cc",
        "src/endpoint-wrap.cc",
        "src/options.cc",
        "src/poll-handle.cc",
        "src/stream.cc",
        "src/timer.cc",
        "src/tls-context.cc",
        "src/tls-session.cc",
        "src/udp-socket.cc"
      ],
      "include_dirs": ["<!@(node scripts/native-library.mjs include)", "node_modules/node-addon-api", "../../node_modules/node-addon-api"],
      "libraries": ["<!@(node scripts/native-library.mjs libraries)", "-Wl,-rpath,'$$ORIGIN/../../.deps/lib'"],
      "defines": ["NAPI_VERSION=8", "NODE_ADDON_API_DISABLE_DEPRECATED", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS", "QUIC_COMPILED_WITH=<!(node scripts/native-library.mjs)"],
      "cflags_cc": ["-std=c++20", "-O2", "-g1", "-Wall", "-Wextra", "-Wno-missing-field-initializers", "-fvisibility=hidden", "-fno-exceptions"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fno-rtti"],
      "conditions": [
        ["sanitize=='address'", {
          "cflags_cc": ["-fsanitize=address,undefined", "-fno-omit-frame-pointer", "-O1"],
          "libraries": ["-fsanitize=address,undefined"]
        }]
      ]
    }
  ]
}
