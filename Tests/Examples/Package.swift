// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// What embeds the runtime: a command and an app's model type, which `check` builds, runs and looks
/// into.
let package = Package(
  name: "Examples",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "vitq", path: "../..")],
  targets: [
    .target(name: "PortablePixmap", swiftSettings: settings),
    .executableTarget(
      name: "classify",
      dependencies: ["PortablePixmap", .product(name: "VitqRuntime", package: "vitq")],
      swiftSettings: settings),
    .executableTarget(
      name: "sort-photos",
      dependencies: ["PortablePixmap", .product(name: "VitqRuntime", package: "vitq")],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
