import Testing
import VitqFormat
import VitqGraph
import VitqOps
import VitqTensor

struct GraphArchiveTests {
  @Test(arguments: OperationSample.all)
  func restoresEveryOperation(_ sample: OperationSample) throws {
    var graph = Graph()
    var operands: [NodeID] = []
    for (index, operand) in sample.operands.enumerated() {
      operands.append(
        try index == 0
          ? graph.add("x", Input(operand.shape)) : graph.add("w\(index)", Constant(operand)))
    }
    let result = try graph.add("y \"quoted\"", sample.operation, operands)
    graph.outputs = [result, operands[0]]
    graph.landmarks = [.image: operands[0], .attention(block: 3): result]

    let archive = try GraphArchive(graph)
    let restored = try GraphArchive.graph(archive.text) { name in
      archive.constants.first { $0.name == name }?.value
    }
    #expect(restored.description == graph.description)
    #expect(restored.landmarks == graph.landmarks)
    #expect(
      zip(restored.nodes, graph.nodes).allSatisfy { $0.operation.isEqual(to: $1.operation) })
    #expect(try GraphArchive(restored).text == archive.text)
  }

  @Test func keepsEveryBitOfAnAttribute() throws {
    for bits in [0x3f80_0001, 0x0080_0000, 0x3727_c5ac, 0x7f7f_ffff] as [UInt32] {
      var graph = Graph()
      let x = try graph.add("x", Input([1, 2]))
      let operation = FakeQuantize([
        UniformQuantizer(
          step: min(Float(bitPattern: bits), 1e37), zeroPoint: 0, minimumCode: 0, maximumCode: 3)
      ])
      try graph.add("y", operation, [x])
      let restored = try GraphArchive.graph(try GraphArchive(graph).text) { _ in nil }
      #expect(restored.nodes[1].operation.isEqual(to: operation))
    }
  }

  private static func text(_ nodes: String, outputs: String = "", landmarks: String = "") -> String
  {
    "{\"nodes\":[\(nodes)],\"outputs\":[\(outputs)],\"landmarks\":{\(landmarks)}}"
  }

  private static func node(_ name: String, _ op: String, _ attributes: String, _ operands: String)
    -> String
  {
    "{\"name\":\"\(name)\",\"op\":\"\(op)\",\"attributes\":{\(attributes)},\"operands\":[\(operands)]}"
  }

  private static func grid(
    _ height: Int, _ width: Int, _ windowHeight: Int, _ windowWidth: Int, _ shiftRows: Int,
    _ shiftColumns: Int
  ) -> String {
    """
    "grid":{"height":\(height),"width":\(width),"windowHeight":\(windowHeight),\
    "windowWidth":\(windowWidth),"shiftRows":\(shiftRows),"shiftColumns":\(shiftColumns)}
    """
  }

  private static let x = node("x", "input", "\"shape\":{\"dimensions\":[2,4]}", "")

  @Test(
    arguments: [
      (text(node("y", "conv", "", "")), .unknownOperation(node: "y", found: "conv")),
      (
        text(x + "," + node("y", "layer_norm", "\"epsilon\":1,\"axis\":0", "\"x\"")),
        .unknownAttribute(node: "y", mnemonic: "layer_norm", found: "axis")
      ),
      (
        text(node("y", "input", "\"shape\":{\"dimensions\":[1],\"rank\":1}", "")),
        .unknownAttribute(node: "y", mnemonic: "input", found: "shape.rank")
      ),
      (text(node("y", "softmax", "", "\"x\"")), .unknownNode(user: "y", found: "x")),
      (text(x, outputs: "\"z\""), .unknownNode(user: "outputs", found: "z")),
      (text(x, landmarks: "\"image\":\"z\""), .unknownNode(user: "landmarks", found: "z")),
      (text(x, landmarks: "\"nose\":\"x\""), .unknownLandmark("nose")),
      (text(node("w", "constant", "", "")), .missingConstant(node: "w")),
    ] as [(String, GraphArchiveError)])
  func rejects(_ text: String, with expected: GraphArchiveError) {
    #expect(throws: expected) { try GraphArchive.graph(text) { _ in nil } }
  }

  @Test(arguments: [
    "\"shape\":{\"dimensions\":[-1]}", "\"shape\":{\"dimensions\":[4294967296,4294967296]}",
    "\"shape\":{\"dimensions\":[1.5]}",
    "\"shape\":{\"dimensions\":[1e300]}", "\"shape\":[2]", "",
  ])
  func rejectsAnInputWithout(validShape attributes: String) {
    do {
      _ = try GraphArchive.graph(Self.text(Self.node("x", "input", attributes, ""))) { _ in nil }
      Issue.record("accepted \(attributes)")
    } catch {
      guard case .invalidAttributes("x", "input", _) = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test(arguments: [
    ("image_patches", "\"side\":0"), ("split_heads", "\"part\":0,\"parts\":0,\"heads\":1,\"windows\":1"),
    (
      "split_heads",
      "\"part\":0,\"parts\":9223372036854775807,\"heads\":9223372036854775807,\"windows\":1"
    ),
    ("split_heads", "\"part\":0,\"parts\":1,\"heads\":1,\"windows\":0"),
    ("split_heads", "\"part\":0,\"parts\":1,\"heads\":1,\"windows\":3"),
    ("window_partition", grid(1, 2, 0, 1, 0, 0)), ("window_partition", grid(1, 2, 1, 1, 1, 0)),
    ("window_partition", grid(.max, 2, 1, 1, 0, 0)), ("window_partition", grid(2, 2, 1, 1, 0, 0)),
    ("window_partition", grid(1, 2, .max, .max, 0, 0)),
    ("window_reverse", grid(1, 2, 1, 3, 0, 0)), ("window_reverse", grid(-1, -2, 1, 1, 0, 0)),
    ("merge_patches", "\"height\":2,\"width\":2"), ("merge_patches", "\"height\":0,\"width\":0"),
    ("merge_patches", "\"height\":9223372036854775807,\"width\":2"),
    ("select_rows", "\"first\":9223372036854775807,\"count\":9223372036854775807"),
    ("select_rows", "\"first\":-1,\"count\":1"), ("fake_quantize", "\"quantizers\":[]"),
    (
      "fake_quantize",
      "\"quantizers\":[{\"step\":1,\"zeroPoint\":0,\"minimumCode\":4,\"maximumCode\":3}]"
    ),
    (
      "fake_quantize",
      "\"quantizers\":[{\"step\":0,\"zeroPoint\":0,\"minimumCode\":0,\"maximumCode\":3}]"
    ),
    (
      "fake_quantize_log",
      "\"quantizer\":{\"stepsPerOctave\":1,\"offset\":0,\"levels\":[1,2]}"
    ),
    (
      "fake_quantize_codebook",
      "\"quantizer\":{\"step\":1,\"zeroPoint\":0,\"levels\":[1,1]}"
    ),
    (
      "fake_quantize_codebook",
      "\"quantizer\":{\"step\":1,\"zeroPoint\":0,\"levels\":[]}"
    ),
    (
      "fake_quantize_attention_table",
      "\"quantizer\":{\"stepsPerOctave\":1,\"offset\":0,\"levels\":[2,1],\"thresholds\":[]}"
    ),
    (
      "fake_quantize_attention_table",
      "\"quantizer\":{\"stepsPerOctave\":1,\"offset\":0,\"levels\":[2,1],\"thresholds\":[0]}"
    ),
  ])
  func rejectsAttributesThatFitNoOperand(_ op: String, _ attributes: String) {
    do {
      let nodes = Self.x + "," + Self.node("y", op, attributes, "\"x\"")
      _ = try GraphArchive.graph(Self.text(nodes)) { _ in nil }
      Issue.record("accepted \(attributes)")
    } catch {
      guard case .graph(let error) = error, error.node == "y" else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test(arguments: ["", "{", "[]", "{\"nodes\":[]}", "{\"nodes\":[1],\"outputs\":[]}"])
  func rejectsMalformedText(_ text: String) {
    do {
      _ = try GraphArchive.graph(text) { _ in nil }
      Issue.record("accepted \(text)")
    } catch {
      guard case .malformed = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test func rejectsTwoNodesOfOneName() {
    do {
      _ = try GraphArchive.graph(Self.text(Self.x + "," + Self.x)) { _ in nil }
      Issue.record("accepted two nodes 'x'")
    } catch {
      #expect(error.description == "node 'x' (input): another node has this name")
    }
  }

  @Test func namesWhatIsWrong() {
    #expect(
      "\(GraphArchiveError.unknownAttribute(node: "y", mnemonic: "gelu", found: "a"))"
        == "node 'y' (gelu): unknown attribute 'a'")
    #expect(
      "\(GraphArchiveError.tooLarge(node: "y", found: [4, 5]))"
        == "node 'y': too large: expected at most 2147483648 elements, found shape [4, 5]")
  }
}
