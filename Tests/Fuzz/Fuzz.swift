import Foundation

/// Hands what libFuzzer makes to the reader that `VITQ_FUZZ` names.
///
/// A find is whatever ends the process, takes too long or takes too much memory; errors that are
/// thrown are what readers are for.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  FuzzTarget.chosen.run(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}

/// Called once, before the first input.
@_cdecl("LLVMFuzzerInitialize")
func initialize(
  _ count: UnsafeMutablePointer<CInt>?,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> CInt {
  if let path = ProcessInfo.processInfo.environment["VITQ_FUZZ_SEED"] {
    FuzzedModels.writeSeed(to: path)
  }
  return 0
}

/// A reader of untrusted files.
enum FuzzTarget: String, CaseIterable {
  case onnx, safetensors, hdf5, vitq, program, png, jpeg

  static let chosen: FuzzTarget = {
    let name = ProcessInfo.processInfo.environment["VITQ_FUZZ"] ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
      fatalError("VITQ_FUZZ is '\(name)': expected one of \(allCases.map(\.rawValue))")
    }
    return target
  }()

  func run(_ bytes: [UInt8]) {
    switch self {
    case .onnx: FuzzedCheckpoints.onnx(bytes)
    case .safetensors: FuzzedCheckpoints.safetensors(bytes)
    case .hdf5: FuzzedCheckpoints.hdf5(bytes)
    case .vitq: FuzzedModels.file(bytes)
    case .program: FuzzedModels.program(bytes)
    case .png, .jpeg: FuzzedImages.image(bytes)
    }
  }
}
