import Testing
import VitqArchitectures
import VitqAutodiff
import VitqCheckpoints
import VitqGraph
import VitqTensor
import VitqTestSupport

/// Values of the trained models of `fixtures` on held-out images against timm's.
struct TrainedModelTests {
  @Test(arguments: ["tiny-vit", "tiny-swin"]) func valuesAreThoseOfTimm(_ name: String) throws {
    let graph = try ModelImporter.model(from: HubFolder.open(Fixtures.path(name))).graph
    let golden = try HubFolder.open(Fixtures.path("goldens/\(name).golden.safetensors"))
    let blockCount = golden.entries.count { $0.name.hasPrefix("block.") }
    #expect(blockCount == 4)
    var expected = try (0..<blockCount).map {
      (node: try #require(graph.landmarks[.blockOutput(block: $0)]), tensor: "block.\($0)")
    }
    expected.append((try #require(graph.landmarks[.logits]), "logits"))
    let values = try expected.map { try golden.tensor($0.tensor).elements }
    let input = try golden.tensor("input")
    let images = input.shape[0]
    let pixels = input.elements
    let image = try #require(graph.landmarks[.image])
    let evaluator = Evaluator(
      graph, constants: ConstantPool(graph), keeping: expected.map(\.node))
    for index in 0..<images {
      let count = pixels.count / images
      evaluator.input(image).copy(from: Array(pixels[index * count..<(index + 1) * count]))
      evaluator.forward()
      for ((node, tensor), reference) in zip(expected, values) {
        let value = evaluator.value(node).tensor.elements
        let part = Array(reference[index * value.count..<(index + 1) * value.count])
        #expect(Tolerance.network.accepts(value, part), "image \(index), \(tensor)")
      }
    }
  }
}
