import Foundation
import Testing
import VitqArchitectures
import VitqAutodiff
import VitqCheckpoints
import VitqGraph
import VitqTensor
import VitqTestSupport

/// ImageNet weights, which are too large to be kept with the package.
struct RealModelTests {
  private static let weights =
    Fixtures.path("../../shared/models/deit_tiny_patch16_224.safetensors")

  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: weights), "needs ../shared/models"))
  func deitTinyGivesTheLogitsOfTimm() throws {
    let archive = try HubFolder.open(Self.weights)
    let graph = try ModelImporter.model(
      from: archive, architecture: "deit_tiny_patch16_224"
    ).graph
    let logits = try #require(graph.landmarks[.logits])
    let evaluator = Evaluator(graph, constants: ConstantPool(graph), keeping: [logits])
    let image = (0..<(3 * 224 * 224)).map { (index: Int) -> Float in
      let level = index * 7919 % 1000
      return Float(Double(level) / 500 - 1)
    }
    evaluator.input(try #require(graph.landmarks[.image])).copy(from: image)
    evaluator.forward()
    let golden = try HubFolder.open(Fixtures.path("goldens/deit-tiny.golden.safetensors"))
    #expect(
      Tolerance.network.accepts(
        evaluator.value(logits).tensor.elements, try golden.tensor("logits").elements))
  }
}
