import Testing
import VitqArchitectures
import VitqCheckpoints
import VitqAutodiff
import VitqImage
import VitqGraph
import VitqONNX
import VitqTensor
import VitqTestModels
import VitqTestSupport

/// Graphs of ONNX files against those of the state dicts of the same models, and against timm.
struct TranslationTests {
  @Test(arguments: ONNXFixture.all)
  func givesTheGraphOfTheStateDict(_ fixture: ONNXFixture) throws {
    let translation = try ONNXTranslation(fixture.model())
    let expected = try fixture.imported().graph
    #expect(translation.graph.namelessDump == expected.namelessDump)
    #expect(translation.graph.operationDifferences(from: expected) == [])
    #expect(translation.graph.nodes.map(\.name) == expected.nodes.map(\.name))
  }

  @Test(arguments: ONNXFixture.all)
  func computesWhatTimmDoes(_ fixture: ONNXFixture) throws {
    let graph = try ONNXTranslation(fixture.model()).graph
    let golden = try fixture.golden()
    var expected: [(landmark: Landmark, tensor: String)] = [(.logits, "logits")]
    for block in 0..<8 where golden.entries.contains(where: { $0.name == "block.\(block)" }) {
      expected.append((.blockOutput(block: block), "block.\(block)"))
    }
    #expect(expected.count >= 3)
    let nodes = try expected.map { try #require(graph.landmarks[$0.landmark]) }
    let image = try #require(graph.landmarks[.image])
    let evaluator = Evaluator(graph, constants: ConstantPool(graph), keeping: nodes)
    evaluator.input(image).copy(from: try golden.tensor("input").elements)
    evaluator.forward()
    for (node, (landmark, tensor)) in zip(nodes, expected) {
      let value = evaluator.value(node).tensor.elements
      #expect(
        Tolerance.network.accepts(value, try golden.tensor(tensor).elements), "\(landmark)")
    }
  }

  @Test(arguments: ONNXFixture.all)
  func describesTheModelAsItsStateDictDoes(_ fixture: ONNXFixture) throws {
    let file = try fixture.model()
    let expected = try fixture.imported()
    let found = try ModelImporter.model(
      of: ONNXTranslation(file).graph, metadata: [:],
      configurationText: ONNXFixture.described(file.metadata["config"]))
    #expect(found.preprocessing == expected.preprocessing)
    #expect(found.labels == expected.labels)
    #expect(found.labels.count == 7)
  }

  /// All is computed in FP32, whatever the file computes in.
  @Test(
    arguments: ONNXFixture.all.filter { $0.name.hasPrefix("vit.") },
    [ONNXElementType.float16, .bfloat16, .double])
  func takesAnImageOfAnyFloatingPointType(_ fixture: ONNXFixture, _ type: ONNXElementType) throws {
    var model = try fixture.model()
    let expected = try ONNXTranslation(model).graph
    model.graph.inputs[0].elementType = type
    let found = try ONNXTranslation(model).graph
    #expect(found.namelessDump == expected.namelessDump)
    #expect(found.operationDifferences(from: expected) == [])
  }

  @Test func everyPassFiresForSomeExporter() throws {
    var counts: [String: Int] = [:]
    for fixture in ONNXFixture.all {
      for firing in try ONNXTranslation(fixture.model()).firings {
        counts[firing.pass, default: 0] += firing.count
        #expect(!firing.reason.isEmpty)
      }
    }
    #expect(counts.count == ONNXPipeline.recovery.steps.count)
    #expect(counts.filter { $0.value == 0 }.map(\.key) == [])
  }
}
