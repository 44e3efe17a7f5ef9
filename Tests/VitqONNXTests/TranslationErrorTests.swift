import Testing
import VitqONNX
import VitqTestSupport

/// Networks that are not understood: each error names the node at fault.
struct TranslationErrorTests {
  struct Defect: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var fixture = "vit.dynamo-20-exportable"
    /// What the description must contain, in this order.
    let message: [String]
    let change: @Sendable (inout ONNXGraph) -> Void
  }

  static let defects: [Defect] = [
    Defect(
      testDescription: "unknown operator",
      message: [
        "(HardSwish): operator not supported: expected one of Add, And", "Softmax", "Where",
      ]
    ) { $0.change("Gelu") { $0.operatorType = "HardSwish" } },
    Defect(
      testDescription: "range of more numbers than there are", message: ["(Range): "]
    ) { graph in
      let bounds = ["start": 0, "limit": Int.min, "delta": -1]
      for (name, value) in bounds { graph.initializers[name] = ONNXTensor([], [value]) }
      graph.nodes.insert(
        ONNXNode(
          name: "", operatorType: "Range", domain: "", inputs: ["start", "limit", "delta"],
          outputs: ["numbers"], attributes: [:]), at: 0)
    },
    Defect(
      testDescription: "unknown attribute",
      message: ["(Softmax): attribute 'temperature': not known: expected one of axis"]
    ) { $0.change("Softmax") { $0.attributes["temperature"] = .float(2) } },
    Defect(
      testDescription: "tokens joined along no axis",
      message: ["(Concat): not supported: expected attribute 'axis', a whole number, found none"]
    ) { $0.change("Concat") { $0.attributes["axis"] = nil } },
    Defect(
      testDescription: "layer normalisation over tokens",
      message: ["(LayerNormalization): not supported: expected the last axis, 2, found axis 1"]
    ) { $0.change("LayerNormalization") { $0.attributes["axis"] = .integer(1) } },
    Defect(
      testDescription: "decomposed layer normalisation over tokens", fixture: "vit.legacy-14",
      message: ["(ReduceMean): not supported: expected layer normalisation over the last axis, 2"]
    ) { $0.change("ReduceMean") { $0.attributes["axes"] = .integers([1]) } },
    Defect(
      testDescription: "softmax over queries",
      message: ["(Softmax): not supported: expected the last axis, 3, found axis 2"]
    ) { $0.change("Softmax") { $0.attributes["axis"] = .integer(2) } },
    Defect(
      testDescription: "batch of four",
      message: ["batch fixed at 4: expected 1 or a symbolic size"]
    ) { $0.inputs[0].dimensions[0] = .fixed(4) },
    Defect(
      testDescription: "image of any size",
      message: ["the image size is not fixed: expected numbers for height and width", "3, h, 32"]
    ) { $0.inputs[0].dimensions[2] = .symbolic("h") },
    Defect(
      testDescription: "grey image",
      message: ["expected an image [1, 3, height, width]", "1, 1, 32"]
    ) { $0.inputs[0].dimensions[1] = .fixed(1) },
    Defect(
      testDescription: "image of whole numbers",
      message: ["expected elements of a floating-point type, found UINT8"]
    ) { $0.inputs[0].elementType = .uint8 },
    Defect(testDescription: "two inputs", message: ["inputs: expected one, the image, found 2"]) {
      $0.inputs.append(ONNXValueInfo(name: "mask", elementType: .float, dimensions: []))
    },
    Defect(
      testDescription: "overlapping patches",
      message: ["(Reshape): not supported: expected a shape of 1568 elements, found [1, 32, 16]"]
    ) { $0.change("Conv") { $0.attributes["strides"] = .integers([4, 4]) } },
    Defect(
      testDescription: "padded convolution",
      message: ["(Conv): not supported: expected one group, no dilation and no padding", "pads"]
    ) { $0.change("Conv") { $0.attributes["pads"] = .integers([1, 1, 1, 1]) } },
    Defect(
      testDescription: "heads in another order",
      message: ["(", "not supported: expected elements moved as heads, windows"]
    ) { graph in
      graph.change("Transpose", where: { $0.attributes["perm"] == .integers([2, 0, 3, 1, 4]) }) {
        $0.attributes["perm"] = .integers([2, 0, 1, 3, 4])
      }
    },
    Defect(
      testDescription: "causal attention", fixture: "vit.dynamo-23",
      message: ["(Attention): not supported: expected attention of all tokens to all"]
    ) { $0.change("Attention") { $0.attributes["is_causal"] = .integer(1) } },
    Defect(
      testDescription: "scaled Gemm", message: ["(Gemm): not supported", "alpha 2.0"]
    ) { $0.change("Gemm") { $0.attributes["alpha"] = .float(2) } },
    Defect(
      testDescription: "activation that is no GELU", fixture: "vit.legacy-14",
      message: ["(", "not supported: expected", "found"]
    ) { $0.change("Erf") { $0.operatorType = "Tanh" } },
    Defect(
      testDescription: "windows shifted the other way", fixture: "swin.dynamo-18",
      message: ["not supported: expected elements moved as heads, windows"]
    ) { $0.change("Concat") { $0.inputs.reverse() } },
  ]

  @Test(arguments: defects) func namesTheNode(_ defect: Defect) throws {
    var model = try ONNXFixture(name: defect.fixture).model()
    defect.change(&model.graph)
    let error = #expect(throws: TranslationError.self) { try ONNXTranslation(model) }
    var rest = Substring(error?.description ?? "")
    for part in defect.message {
      let found = rest.firstRange(of: part)
      #expect(found != nil, "'\(part)' in \(error?.description ?? "no error")")
      if let found { rest = rest[found.upperBound...] }
    }
  }
}

extension ONNXGraph {
  /// Changes the first node of an operator.
  fileprivate mutating func change(
    _ type: String, where holds: (ONNXNode) -> Bool = { _ in true },
    _ body: (inout ONNXNode) -> Void
  ) {
    guard let index = nodes.firstIndex(where: { $0.operatorType == type && holds($0) }) else {
      Issue.record("no \(type) in the fixture")
      return
    }
    body(&nodes[index])
  }
}
