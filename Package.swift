// swift-tools-version: 6.2

import PackageDescription

/// Settings of every Swift target: one place, so that no target drifts.
let common: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

/// Targets that touch raw memory mark each unsafe expression with `unsafe`.
let memoryStrict: [SwiftSetting] = common + [.strictMemorySafety()]

/// A C target that ships with an app or a tool: C11, every warning an error of review.
let c: [CSetting] = [.define("_GNU_SOURCE", .when(platforms: [.linux]))]

/// A module of the package.
func module(
  _ name: String, _ dependencies: [Target.Dependency] = [],
  settings: [SwiftSetting] = common
) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of a module.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["VitqTestSupport"], swiftSettings: common)
}

let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")

/// The readers as libFuzzer runs them, which only link with its runtime; see Tests/Fuzz/run.
let fuzzTargets: [Target] =
  Context.environment["VITQ_FUZZ_TARGETS"] == nil
  ? []
  : [
    .executableTarget(
      name: "vitq-fuzz",
      dependencies: [
        "VitqArchitectures", "VitqCheckpoints", "VitqFormat", "VitqHDF5", "VitqImage",
        "VitqImageCodecs", "VitqONNX", "VitqRuntime", "VitqTensor",
      ],
      path: "Tests/Fuzz", exclude: ["run"], swiftSettings: common)
  ]

let package = Package(
  name: "vitq",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "vitq", targets: ["vitq"]),
    .executable(name: "vitq-workbench", targets: ["vitq-workbench"]),
    .library(name: "VitqRuntime", targets: ["VitqRuntime"]),
    .library(name: "vitqc", type: .dynamic, targets: ["CVitq", "VitqC"]),
    .library(name: "VitqKit", targets: ["VitqKit"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // MARK: Ships with an app: no Foundation, no system library.
    .target(
      name: "CVitqKernels", cSettings: c,
      linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
    .target(name: "CVitqDigest", cSettings: c),
    module("VitqFormat", ["CVitqDigest"], settings: memoryStrict),
    module("VitqImage", settings: memoryStrict),
    module("VitqRuntime", ["VitqFormat", "VitqImage", "CVitqKernels"], settings: memoryStrict),
    .target(name: "CVitq", cSettings: c),
    module("VitqC", ["CVitq", "VitqRuntime"], settings: memoryStrict),

    // MARK: The model, in memory.
    .systemLibrary(
      name: "CVitqBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    module("VitqTensor", ["CVitqBLAS", "CVitqKernels"], settings: memoryStrict),
    module("VitqGraph", ["VitqTensor"]),
    .systemLibrary(name: "CVitqAllocator"),
    module(
      "VitqAutodiff", ["CVitqAllocator", "VitqGraph", "VitqTensor"], settings: memoryStrict),
    module("VitqOps", ["VitqGraph", "VitqTensor", "VitqFormat"]),
    module("VitqPasses", ["VitqOps", "VitqGraph", "VitqTensor"]),

    // MARK: In: files to graphs.
    .systemLibrary(name: "CVitqHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .target(name: "CVitqPNG", cSettings: c, linkerSettings: [.linkedLibrary("png16")]),
    .target(name: "CVitqJPEG", cSettings: c, linkerSettings: [.linkedLibrary("jpeg")]),
    module("VitqCheckpoints", ["VitqTensor", "VitqFormat"], settings: memoryStrict),
    module(
      "VitqHDF5", ["VitqCheckpoints", "VitqFormat", "VitqTensor", "CVitqHDF5"],
      settings: memoryStrict),
    module(
      "VitqArchitectures",
      ["VitqOps", "VitqGraph", "VitqTensor", "VitqCheckpoints", "VitqFormat", "VitqImage"]),
    .target(name: "CVitqONNX", cSettings: c, linkerSettings: [.linkedLibrary("protobuf-c")]),
    module(
      "VitqONNX",
      ["CVitqONNX", "VitqCheckpoints", "VitqFormat", "VitqGraph", "VitqOps", "VitqTensor"],
      settings: memoryStrict),
    module("VitqImageCodecs", ["VitqImage", "CVitqPNG", "CVitqJPEG"], settings: memoryStrict),

    // MARK: The method.
    module(
      "VitqSynthesis",
      ["VitqAutodiff", "VitqOps", "VitqGraph", "VitqTensor", "VitqImage", "VitqFormat"]),
    module(
      "VitqQuantization",
      ["VitqAutodiff", "VitqOps", "VitqGraph", "VitqTensor", "VitqPasses", "VitqFormat"]),
    module("VitqLowering", ["VitqOps", "VitqGraph", "VitqTensor", "VitqFormat"]),

    // MARK: Out.
    module("VitqFaults", ["VitqFormat", "VitqImageCodecs", "VitqRuntime"]),
    module("VitqReporting"),
    module(
      "VitqKit",
      [
        "VitqArchitectures", "VitqAutodiff", "VitqCheckpoints", "VitqFaults", "VitqFormat",
        "VitqGraph", "VitqHDF5", "VitqImage", "VitqImageCodecs", "VitqLowering", "VitqONNX",
        "VitqOps",
        "VitqPasses",
        "VitqQuantization", "VitqReporting", "VitqRuntime", "VitqSynthesis", "VitqTensor",
        .product(name: "Yams", package: "Yams"),
      ]),
    module(
      "VitqCommandLine",
      [
        "VitqFaults", "VitqFormat", "VitqImage", "VitqImageCodecs", "VitqReporting",
        "VitqRuntime", argumentParser,
      ]),
    .executableTarget(
      name: "vitq",
      dependencies: [
        "VitqCommandLine", "VitqFaults", "VitqFormat", "VitqImage", "VitqImageCodecs",
        "VitqReporting", "VitqRuntime", argumentParser,
      ],
      swiftSettings: common),
    .executableTarget(
      name: "vitq-workbench",
      dependencies: [
        "VitqAutodiff", "VitqCommandLine", "VitqFaults", "VitqFormat", "VitqImage",
        "VitqImageCodecs", "VitqKit", "VitqQuantization", "VitqReporting", "VitqRuntime",
        "VitqSynthesis",
        argumentParser,
      ],
      swiftSettings: common),

    // MARK: Tests.
    .target(
      name: "VitqTestSupport", path: "Tests/VitqTestSupport", swiftSettings: common),
    tests("VitqTensorTests", ["VitqTensor"]),
    tests(
      "VitqSynthesisTests",
      [
        "VitqSynthesis", "VitqAutodiff", "VitqOps", "VitqGraph", "VitqTensor", "VitqImage",
        "VitqFormat",
      ]),
    tests("VitqReportingTests", ["VitqReporting"]),
    tests("VitqCommandLineTests", ["VitqCommandLine", argumentParser]),
    tests(
      "VitqKitTests",
      [
        "VitqKit", "VitqAutodiff", "VitqGraph", "VitqOps", "VitqQuantization", "VitqSynthesis",
        "VitqTensor", "VitqTestModels",
      ]),
    tests(
      "EndToEndTests",
      ["vitq", "vitq-workbench", "VitqImage", "VitqImageCodecs", "VitqKit", "VitqRuntime"]),
    tests(
      "VitqArchitecturesTests",
      [
        "VitqArchitectures", "VitqAutodiff", "VitqCheckpoints", "VitqFormat", "VitqGraph",
        "VitqHDF5", "VitqImage", "VitqOps", "VitqTensor",
      ]),
    tests(
      "VitqONNXTests",
      [
        "VitqONNX", "VitqArchitectures", "VitqAutodiff", "VitqCheckpoints", "VitqFormat",
        "VitqGraph", "VitqImage", "VitqTensor", "VitqTestModels",
      ]),
    tests("VitqHDF5Tests", ["VitqHDF5", "VitqCheckpoints", "VitqTensor"]),
    .target(
      name: "VitqTestModels",
      dependencies: ["VitqOps", "VitqGraph", "VitqTensor", "VitqTestSupport"],
      path: "Tests/VitqTestModels", swiftSettings: common),
    tests(
      "VitqPassesTests",
      ["VitqPasses", "VitqAutodiff", "VitqOps", "VitqGraph", "VitqTensor", "VitqTestModels"]),
    tests(
      "VitqQuantizationTests",
      [
        "VitqQuantization", "VitqAutodiff", "VitqFormat", "VitqOps", "VitqGraph", "VitqTensor",
        "VitqTestModels",
      ]),
    tests(
      "VitqLoweringTests",
      [
        "VitqLowering", "VitqQuantization", "VitqAutodiff", "VitqFormat", "VitqImage", "VitqOps",
        "VitqGraph", "VitqRuntime", "VitqTensor", "VitqTestModels", "CVitqKernels",
      ]),
    tests("VitqAutodiffTests", ["VitqAutodiff", "VitqGraph", "VitqTensor"]),
    tests("VitqImageTests", ["VitqImage"]),
    tests("VitqImageCodecsTests", ["VitqImageCodecs", "VitqImage"]),
    tests("VitqFormatTests", ["VitqFormat"]),
    tests("VitqCheckpointsTests", ["VitqCheckpoints", "VitqFormat", "VitqTensor"]),
    tests("VitqOpsTests", ["VitqOps", "VitqGraph", "VitqTensor", "VitqFormat"]),
    tests("VitqRuntimeTests", ["VitqRuntime", "VitqFormat", "VitqImage", "CVitqKernels"]),
  ] + fuzzTargets,
  swiftLanguageModes: [.v6]
)

// For Tests/Sanitizers/run: the runtime's tests, and what they need. Targets come after those that
// they depend on.
if Context.environment["VITQ_RUNTIME_TESTS_ONLY"] != nil {
  var kept: Set = ["VitqRuntimeTests"]
  for target in package.targets.reversed() where kept.contains(target.name) {
    for case .byNameItem(let name, _) in target.dependencies { kept.insert(name) }
  }
  package.products = []
  package.targets.removeAll { !kept.contains($0.name) }
}
