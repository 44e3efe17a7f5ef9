import Testing
import VitqArchitectures
import VitqAutodiff
import VitqCheckpoints
import VitqGraph
import VitqHDF5
import VitqTensor
import VitqTestSupport

/// Values of every variation of the architectures against timm's, in `fixtures/goldens`.
struct GoldenTests {
  static let variants = [
    "class-token", "distilled", "average-pool", "average-pool-with-class-token", "pre-norm",
    "layer-scale", "no-qkv-bias", "no-embed-class", "register-tokens", "non-square", "tanh-gelu",
    "swin", "swin-padded", "swin-non-square", "swin-stage-windows", "swin-rectangular-window",
    "swin-always-partition", "swin-wide-heads", "swin-old-layout",
  ]

  @Test(arguments: variants) func valuesAreThoseOfTimm(_ name: String) throws {
    let model = try ModelImporter.model(
      from: HubFolder.open(Fixtures.path("goldens/\(name).safetensors")))
    try check(model.graph, against: name)
  }

  @Test(arguments: ["class-token", "distilled", "average-pool", "register-tokens", "swin-padded"])
  func hdf5GivesTheSameModel(_ name: String) throws {
    let model = try ModelImporter.model(
      from: HDF5Archive(path: Fixtures.path("goldens/\(name).h5")))
    let other = try ModelImporter.model(
      from: HubFolder.open(Fixtures.path("goldens/\(name).safetensors")))
    #expect(model.graph.description == other.graph.description)
    #expect(model.preprocessing == other.preprocessing)
    #expect(model.labels == other.labels)
    #expect(model.architectureName == other.architectureName)
    try check(model.graph, against: name)
  }

  private func check(_ graph: Graph, against name: String) throws {
    let golden = try HubFolder.open(Fixtures.path("goldens/\(name).golden.safetensors"))
    let blockCount = golden.entries.count { $0.name.hasPrefix("block.") }
    var expected: [(landmark: Landmark, tensor: String)] = [(.logits, "logits")]
    expected += (0..<blockCount).map { (.blockOutput(block: $0), "block.\($0)") }
    #expect(graph.landmarks[.blockOutput(block: blockCount)] == nil)
    // timm averages the features of both tokens; here each keeps its own head.
    if name != "distilled" { expected.append((.features, "features")) }
    let nodes = try expected.map { try #require(graph.landmarks[$0.landmark]) }
    let image = try #require(graph.landmarks[.image])
    let logits = try #require(graph.landmarks[.logits])
    let evaluator = Evaluator(
      graph, constants: ConstantPool(graph), keeping: nodes, seeds: [logits], gradients: [image])
    evaluator.input(image).copy(from: try golden.tensor("input").elements)
    evaluator.forward()
    for (node, (landmark, tensor)) in zip(nodes, expected) {
      let value = evaluator.value(node).tensor.elements
      #expect(
        Tolerance.network.accepts(value, try golden.tensor(tensor).elements), "\(landmark)")
    }
    evaluator.cotangent(logits).copy(from: try golden.tensor("cotangent").elements)
    evaluator.backward()
    let gradient = evaluator.gradient(image).tensor.elements
    #expect(Tolerance.network.accepts(gradient, try golden.tensor("gradient").elements))
  }
}
