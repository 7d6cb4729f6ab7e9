{
  "variables": {
    "sanitize%": "no"
  },
  "targets": [
    {
      "target_name": "rdma_verbs_napi",
      "sources": ["<!@(node -p \"require('fs').readdirSync('src').filter((name) => name.endsWith('.cc')).map((name) => 'src/' + name).join(' ')\")"],
      "include_dirs": ["node_modules/node-addon-api", "../../node_modules/node-addon-api"],
      "defines": ["NAPI_VERSION=8", "NODE_ADDON_API_DISABLE_DEPRECATED", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
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
