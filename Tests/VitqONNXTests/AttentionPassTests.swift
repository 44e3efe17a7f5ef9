import Testing
import VitqONNX
import VitqTestSupport

/// Passes around attention and windows.
struct AttentionPassTests {
  private let internalDomain = "vitq"

  // MARK: Products

  @Test func writesAttentionAsProductsAndSoftmax() throws {
    var builder = ONNXGraphBuilder(input: [1, 2, 5, 4])
    builder.add("y", "Attention", ["x", "x", "x"])
    let (dump, count, graph) = try builder.graph.after(DecomposeAttention())
    #expect(
      dump == """
        y/keys = Transpose(x) perm=[0, 1, 3, 2]
        y/products = MatMul(x, y/keys)
        y/scores = Mul(y/products, y/scale)
        y/weights = Softmax(y/scores) axis=-1
        y = MatMul(y/weights, x)
        """)
    #expect(count == 1)
    #expect(graph.initializers["y/scale"] == ONNXTensor([], [Float(0.5)]))
  }

  private func scaledScores(outputs: [String]) -> ONNXGraph {
    var builder = ONNXGraphBuilder(input: [1, 2, 3, 4], outputs: outputs)
    builder.constant("s", [1], [Float(0.5).squareRoot()])
    builder.add("q", "Mul", ["x", "s"])
    builder.add("k", "Transpose", ["x"], ["perm": .integers([0, 1, 3, 2])])
    builder.add("t", "Mul", ["s", "k"])
    builder.add("y", "MatMul", ["q", "t"])
    return builder.graph
  }

  @Test func gathersTheFactorsOfScores() throws {
    let (dump, count, _) = try scaledScores(outputs: ["y"]).after(FoldScoreScale())
    #expect(dump == "k = Transpose(x) perm=[0, 1, 3, 2]\ny = MatMul(x, k) scale=0.5")
    #expect(count == 2)
  }

  @Test func leavesAFactorOfWhatOthersRead() throws {
    let (dump, count, _) = try scaledScores(outputs: ["y", "q"]).after(FoldScoreScale())
    #expect(dump.contains("q = Mul(x, s)"))
    #expect(dump.hasSuffix("y = MatMul(q, k) scale=0.70710677"))
    #expect(count == 1)
  }

  // MARK: Arrangements

  /// Slices and concatenation that move the first `count` of an axis to its end.
  private func roll(
    _ builder: inout ONNXGraphBuilder, _ input: String, _ output: String, axis: Int, by count: Int
  ) {
    builder.constant("\(output).axis", [1], [axis])
    builder.constant("\(output).zero", [1], [0])
    builder.constant("\(output).cut", [1], [count])
    builder.constant("\(output).end", [1], [Int.max])
    builder.add(
      "\(output).a", "Slice", [input, "\(output).zero", "\(output).cut", "\(output).axis"])
    builder.add(
      "\(output).b", "Slice", [input, "\(output).cut", "\(output).end", "\(output).axis"])
    builder.add(
      output, "Concat", ["\(output).b", "\(output).a"], ["axis": .integer(axis)])
  }

  @Test func recoversShiftedAndPaddedWindows() throws {
    var builder = ONNXGraphBuilder(input: [1, 3, 4, 2])
    roll(&builder, "x", "r", axis: 1, by: 1)
    roll(&builder, "r", "c", axis: 2, by: 1)
    builder.constant("pads", [8], [0, 0, 0, 0, 0, 1, 0, 0])
    builder.constant("cut", [6], [1, 2, 2, 2, 2, 2])
    builder.constant("flat", [3], [-1, 4, 2])
    builder.add("p", "Pad", ["c", "pads"])
    builder.add("s", "Reshape", ["p", "cut"])
    builder.add("t", "Transpose", ["s"], ["perm": .integers([0, 1, 3, 2, 4, 5])])
    builder.add("w", "Reshape", ["t", "flat"])
    builder.add("y", "Gelu", ["w"])
    let (dump, count, _) = try builder.graph.after(RecoverArrangements())
    #expect(
      dump == """
        x/window_partition.3.4.2.2.1.1/4x4x2 = Arrange(x) arguments=[3, 4, 2, 2, 1, 1] \
        kind=window_partition shape=[4, 4, 2]
        y = Gelu(x/window_partition.3.4.2.2.1.1/4x4x2)
        """)
    #expect(count == 1)
  }

  @Test func recoversPatchMergingFromStridedSlices() throws {
    var builder = ONNXGraphBuilder(input: [1, 4, 6, 2])
    builder.constant("axes", [2], [1, 2])
    builder.constant("ends", [2], [Int.max, Int.max])
    builder.constant("steps", [2], [2, 2])
    let starts = [[0, 0], [1, 0], [0, 1], [1, 1]]
    for (i, start) in starts.enumerated() {
      builder.constant("from\(i)", [2], start)
      builder.add("s\(i)", "Slice", ["x", "from\(i)", "ends", "axes", "steps"])
    }
    builder.add("m", "Concat", ["s0", "s1", "s2", "s3"], ["axis": .integer(-1)])
    builder.add("y", "Gelu", ["m"])
    let (dump, _, _) = try builder.graph.after(RecoverArrangements())
    #expect(dump.contains("arguments=[4, 6] kind=merge_patches shape=[1, 2, 3, 8]"))
  }

  @Test func recoversASelectedToken() throws {
    var builder = ONNXGraphBuilder(input: [1, 5, 2])
    builder.constant("one", [], [1])
    builder.add("s", "Gather", ["x", "one"], ["axis": .integer(1)])
    builder.add("y", "Gelu", ["s"])
    let (dump, _, _) = try builder.graph.after(RecoverArrangements())
    #expect(dump.contains("arguments=[1, 1] kind=select_rows shape=[1, 2]"))
  }

  @Test func refusesTokensInReverse() {
    var builder = ONNXGraphBuilder(input: [1, 5, 2])
    builder.constant("start", [1], [-1])
    builder.constant("end", [1], [Int.min])
    builder.constant("axis", [1], [1])
    builder.constant("step", [1], [-1])
    builder.add("s", "Slice", ["x", "start", "end", "axis", "step"])
    builder.add("y", "Gelu", ["s"])
    #expect(throws: TranslationError.self) { try builder.graph.after(RecoverArrangements()) }
  }

  // MARK: Bias and mask

  private func biasedScores(_ offsets: [Float]) -> ONNXGraph {
    var builder = ONNXGraphBuilder(input: [6, 4])
    let shape: [Int] = [2, 2, 3, 1]
    for part in 0..<2 {
      builder.add(
        "h\(part)", "Arrange", ["x"],
        [
          "kind": .string("split_heads"), "arguments": .integers([part, 2, 2, 2]),
          "shape": .integers(shape),
        ], domain: internalDomain)
    }
    builder.add("s", "MatMul", ["h0", "h1"], ["transposed": .integer(1)], domain: internalDomain)
    builder.constant("c", [2, 2, 3, 3], offsets)
    builder.add("t", "Add", ["s", "c"])
    builder.add("y", "Softmax", ["t"], ["axis": .integer(-1)])
    return builder.graph
  }

  @Test func splitsASumOfBiasAndMask() throws {
    var generator = SplitMix64(seed: 3)
    let bias = generator.floats(18)
    let mask: [Float] = (0..<18).map { $0 >= 9 && $0 % 2 == 0 ? -100 : 0 }
    let sum = (0..<36).map { (i: Int) -> Float in
      let window: Int = i / 18
      return bias[i % 18] + mask[window * 9 + i % 9]
    }
    let (dump, count, graph) = try biasedScores(sum).after(RecoverAttentionBias())
    #expect(dump.contains("t/biased = AttentionBias(s, t/biased/bias, t/biased/mask) windows=2"))
    #expect(count == 1)
    #expect(graph.initializers["t/biased/bias"] == ONNXTensor([2, 3, 3], bias))
    #expect(graph.initializers["t/biased/mask"] == ONNXTensor([2, 3, 3], mask))
  }

  @Test func refusesOffsetsThatAreNoSum() {
    var generator = SplitMix64(seed: 4)
    let offsets = generator.floats(36)
    #expect(throws: TranslationError.self) {
      try biasedScores(offsets).after(RecoverAttentionBias())
    }
  }

  // MARK: Normalisation of what is read

  @Test(arguments: [(5, 1), (2, 0)])
  func normalizesOnlySelectedTokens(tokens: Int, expected: Int) throws {
    var builder = ONNXGraphBuilder(input: [1, tokens, 2], outputs: ["a", "b"])
    builder.ramp("g", [2])
    builder.add("n", "LayerNormalization", ["x", "g", "g"], ["axis": .integer(-1)])
    for (row, name) in ["a", "b"].enumerated() {
      builder.add(
        name, "Arrange", ["n"],
        [
          "kind": .string("select_rows"), "arguments": .integers([row, 1]),
          "shape": .integers([1, 2]),
        ], domain: internalDomain)
    }
    let (dump, count, _) = try builder.graph.after(NarrowNormalization())
    #expect(count == expected)
    #expect(dump.contains("arguments=[0, 2] kind=select_rows") == (expected == 1))
  }

  // MARK: The one window of a grid

  /// Attention with a bias over `tokens` tokens, between two linear layers.
  private func biasedAttention(tokens: Int, cutBefore: Bool = false) -> ONNXGraph {
    var builder = ONNXGraphBuilder(input: [1, tokens, 2])
    builder.ramp("w", [2, 2])
    builder.ramp("b", [2])
    builder.ramp("bias", [1, tokens, tokens])
    func linear(_ result: String, _ input: String) {
      builder.add(result, "Linear", [input, "w", "b"], domain: internalDomain)
    }
    if cutBefore {
      builder.add(
        "p", "Arrange", ["x"],
        [
          "kind": .string("window_partition"), "arguments": .integers([2, 2, 2, 2, 0, 0]),
          "shape": .integers([1, 4, 2]),
        ], domain: internalDomain)
    }
    linear("joint", cutBefore ? "p" : "x")
    builder.add("q", "Identity", ["joint"])
    builder.add("s", "MatMul", ["q", "q"], ["transposed": .integer(1)], domain: internalDomain)
    builder.add("a", "AttentionBias", ["s", "bias"], domain: internalDomain)
    builder.add("m", "Softmax", ["a"], ["axis": .integer(-1)])
    builder.add("h", "MatMul", ["m", "q"], domain: internalDomain)
    linear("y", "h")
    return builder.graph
  }

  @Test func writesOutTheOneWindowOfAGrid() throws {
    let (dump, count, _) = try biasedAttention(tokens: 4).after(CompleteWindows())
    #expect(count == 1)
    #expect(
      dump == """
        joint/windows = Arrange(x) arguments=[2, 2, 2, 2, 0, 0] kind=window_partition shape=[1, 4, 2]
        joint = Linear(joint/windows, w, b)
        q = Identity(joint)
        s = MatMul(q, q) transposed=1
        a = AttentionBias(s, bias)
        m = Softmax(a) axis=-1
        h = MatMul(m, q)
        y/windows = Linear(h, w, b)
        y = Arrange(y/windows) arguments=[2, 2, 2, 2, 0, 0] kind=window_reverse shape=[1, 4, 2]
        """)
  }

  @Test func leavesTokensThatAreNoGridOrCutAlready() throws {
    for graph in [biasedAttention(tokens: 5), biasedAttention(tokens: 4, cutBefore: true)] {
      let (dump, count, _) = try graph.after(CompleteWindows())
      #expect(dump == graph.dump)
      #expect(count == 0)
    }
  }
}
