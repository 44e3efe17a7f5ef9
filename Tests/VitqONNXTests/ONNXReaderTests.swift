import Testing
import VitqFormat
import VitqONNX
import VitqTensor
import VitqTestSupport

/// Models as both exporters write them.
struct ONNXReaderTests {
  /// Every file of `fixtures/onnx`, without its extension.
  static let names = [
    "average-pool.dynamo-18-dynamic", "average-pool.dynamo-23", "average-pool.legacy-17",
    "average-pool.legacy-20", "distilled.dynamo-20", "distilled.dynamo-23-dynamic",
    "distilled.legacy-14-dynamic", "swin-involutive.dynamo-20", "swin-involutive.legacy-17",
    "swin-padded.dynamo-20", "swin-padded.legacy-17", "swin.dynamo-18", "swin.dynamo-20-dynamic",
    "swin.dynamo-20-unfolded",
    "swin.dynamo-23-exportable", "swin.legacy-14", "swin.legacy-17-exportable",
    "swin.legacy-20-dynamic", "vit.dynamo-18", "vit.dynamo-18-external", "vit.dynamo-20-dynamic",
    "vit.dynamo-20-exportable", "vit.dynamo-20-unfolded", "vit.dynamo-23", "vit.legacy-14",
    "vit.legacy-17-dynamic", "vit.legacy-17-exportable", "vit.legacy-20-unfolded",
    "vit-half.dynamo-23-half", "vit-half.legacy-17-half",
  ]

  private func model(_ name: String) throws(ONNXError) -> ONNXModel {
    try ONNXReader.model(at: Fixtures.path("onnx/\(name).onnx"))
  }

  @Test(arguments: names)
  func readsAModel(_ name: String) throws {
    let model = try model(name)
    #expect(name.contains("-\(model.opset)"))
    #expect(model.graph.outputs == ["logits"])
    #expect(model.graph.inputs.map(\.name) == ["image"])
    let batch: ONNXValueInfo.Dimension =
      name.contains("dynamic") ? .symbolic("batch") : .fixed(1)
    let sides: [Substring: Int] = ["swin-padded": 40, "swin-involutive": 16]
    let side = ONNXValueInfo.Dimension.fixed(sides[name.prefix { $0 != "." }] ?? 32)
    #expect(model.graph.inputs[0].dimensions == [batch, .fixed(3), side, side])
    #expect(model.metadata["architecture"] != nil)
    #expect(model.metadata["config"]?.hasPrefix("{") == true)
    if name.hasSuffix("half") {
      #expect(model.notes.count == 2)
      #expect(model.notes.first?.hasSuffix(" tensors of FLOAT16 converted to FLOAT") == true)
      #expect(model.notes.last == "input 'image' of FLOAT16 taken as FLOAT")
    } else {
      #expect(model.notes.isEmpty)
    }
    // What the legacy exporter adds afterwards to share equal tensors has no place in the model.
    #expect(model.graph.nodes.allSatisfy { $0.scope != nil || $0.operatorType == "Identity" })
    #expect(model.graph.nodes.allSatisfy { $0.operatorType != "Constant" })
    let parameterCount = model.graph.initializers.values.lazy
      .filter(\.isFloatingPoint).map(\.elementCount).reduce(0, +)
    #expect(parameterCount > (name.hasPrefix("swin-involutive") ? 5000 : 10_000))
  }

  /// Weights that keep their names are those of the state dict, bit for bit.
  @Test(arguments: names)
  func readsTheWeightsOfTheStateDict(_ name: String) throws {
    let model = try model(name)
    let stated = try SafetensorsFile(
      FileBytes(Fixtures.bytes("onnx/\(name.prefix { $0 != "." }).safetensors")))
    var compared = 0
    for tensor in stated.tensors {
      guard let found = model.graph.initializers[tensor.name], found.shape == tensor.shape else {
        continue
      }
      let bits = stated.bytes.bytes(in: tensor.range)
      let weight = try found.weight(named: tensor.name)
      #expect(weight.elements.flatMap { Self.littleEndian($0) } == bits, "\(tensor.name)")
      compared += 1
    }
    #expect(compared >= 8)
  }

  private static func littleEndian(_ value: Float) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
  }

  @Test func readsTheSameWeightsFromExternalData() throws {
    let inside = try model("vit.dynamo-18").graph
    let outside = try model("vit.dynamo-18-external").graph
    #expect(inside.nodes == outside.nodes)
    #expect(Set(inside.initializers.keys) == Set(outside.initializers.keys))
    for (name, tensor) in inside.initializers {
      #expect(outside.initializers[name]?.shape == tensor.shape)
      #expect(outside.initializers[name]?.floats == tensor.floats, "\(name)")
      #expect(outside.initializers[name]?.integers == tensor.integers, "\(name)")
    }
  }

  @Test(
    arguments: [
      ("swin.legacy-14", "layers.0.blocks.1.attn.qkv"),
      ("swin.dynamo-20-dynamic", "layers.0.blocks.1.attn.qkv"),
      ("vit.legacy-17-dynamic", "blocks.1.mlp.fc1"), ("vit.dynamo-23", "blocks.1.mlp.fc1"),
    ])
  func knowsTheModuleOfANode(_ name: String, _ scope: String) throws {
    #expect(try model(name).graph.nodes.contains { $0.scope == scope })
  }

  @Test func readsAttributesOfEachKind() throws {
    let nodes = try model("vit.legacy-17-exportable").graph.nodes
    let patches = try #require(nodes.first { $0.operatorType == "Conv" })
    #expect(patches.attributes["strides"] == .integers([8, 8]))
    #expect(patches.attributes["group"] == .integer(1))
    let norm = try #require(nodes.first { $0.operatorType == "LayerNormalization" })
    #expect(norm.attributes["epsilon"] == .float(1e-6))
    let later = try model("vit.dynamo-23").graph.nodes
    let gelu = try #require(later.first { $0.operatorType == "Gelu" })
    #expect(gelu.attributes["approximate"] == .string("none"))
  }
}
