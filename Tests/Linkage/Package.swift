// swift-tools-version: 6.2

import PackageDescription

/// What embeds the runtime: examples that ``check`` builds, runs and looks into.
let package = Package(
  name: "Linkage",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "vitq", path: "../..")],
  targets: [
    .target(name: "PortablePixmap"),
    .executableTarget(
      name: "classify",
      dependencies: ["PortablePixmap", .product(name: "VitqRuntime", package: "vitq")]),
    .executableTarget(
      name: "sorter",
      dependencies: ["PortablePixmap", .product(name: "VitqRuntime", package: "vitq")]),
  ],
  swiftLanguageModes: [.v6]
)
