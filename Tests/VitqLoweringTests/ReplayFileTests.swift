import Foundation
import Testing
import VitqFormat
import VitqGraph
import VitqImage
import VitqLowering
import VitqOps
import VitqQuantization
import VitqRuntime
import VitqTestModels
import VitqTestSupport

/// Whole runs that other machines repeat: `Tests/Replay/check` runs them on aarch64.
///
/// The files go to the folder that `VITQ_REPLAY` names, if it names one.
struct ReplayFileTests {
  private static let bits = ParityTests.bits + ParityTests.tokenScales

  @Test(arguments: RandomVisionTransformer.all, bits)
  func runsOfVisionTransformers(
    _ model: RandomVisionTransformer, _ bits: ParityTests.Bits
  ) throws {
    try write(try ParityTests().quantized(model, bits.recipe), "\(model) \(bits)")
  }

  @Test(arguments: RandomSwinTransformer.all, ParityTests.swinBits)
  func runsOfSwinTransformers(_ model: RandomSwinTransformer, _ bits: ParityTests.Bits) throws {
    try write(try ParityTests().quantized(model, bits.recipe), "\(model) \(bits)")
  }

  private func write(_ graph: Graph, _ name: String) throws {
    let lowered = try Lowering.lower(graph)
    let model = try Model(lowered.program, constants: lowered.programConstants)
    var generator = SplitMix64(seed: 8)
    let image = PixelBuffer(
      width: model.inputWidth, height: model.inputHeight,
      bytes: generator.integers(3 * model.inputWidth * model.inputHeight))
    var session = try Session(model, threads: 1)
    let scores = try session.run(image)
    let file = ReplayFile(model, image: image.bytes, scores: scores)
    // Each instruction that reads a tensor has a pointer to it at least.
    #expect(file.pointerCount >= lowered.constants.count)
    guard let folder = ProcessInfo.processInfo.environment["VITQ_REPLAY"] else { return }
    let fileName = name.map { $0.isLetter || $0.isNumber ? $0 : "-" }
    try Data(file.bytes).write(
      to: URL(filePath: folder).appending(path: String(fileName) + ".run"))
  }
}
