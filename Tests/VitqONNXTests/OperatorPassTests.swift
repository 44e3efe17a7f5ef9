import Testing
import VitqONNX
import VitqTestSupport

/// Passes that recover one operator each: a dump after each, and a case in which each must not fire.
struct OperatorPassTests {
  // MARK: Constants and identities

  @Test func foldsTheArithmeticOfShapes() throws {
    var builder = ONNXGraphBuilder(input: [1, 4, 3])
    builder.constant("zero", [], [0])
    builder.constant("axis", [1], [0])
    builder.constant("rest", [1], [-1])
    builder.add("s", "Shape", ["x"])
    builder.add("g", "Gather", ["s", "zero"], ["axis": .integer(0)])
    builder.add("u", "Unsqueeze", ["g", "axis"])
    builder.add("t", "Concat", ["u", "rest"], ["axis": .integer(0)])
    builder.add("y", "Reshape", ["x", "t"])
    let (dump, count, graph) = try builder.graph.after(FoldConstants())
    #expect(dump == "y = Reshape(x, t)")
    #expect(count == 4)
    #expect(graph.initializers == ["t": ONNXTensor([2], [1, -1])])
  }

  @Test func leavesWeightsAndWhatDependsOnTheImage() throws {
    var builder = ONNXGraphBuilder(input: [1, 4, 3])
    builder.ramp("w", [2, 3])
    builder.add("t", "Transpose", ["w"], ["perm": .integers([1, 0])])
    builder.add("y", "MatMul", ["x", "t"])
    let (dump, count, _) = try builder.graph.after(FoldConstants())
    #expect(dump == builder.graph.dump)
    #expect(count == 0)
  }

  @Test func dropsIdentitiesButNoConversionToWholeNumbers() throws {
    var builder = ONNXGraphBuilder(input: [1, 2])
    builder.add("a", "Identity", ["x"])
    builder.add("b", "Cast", ["a"], ["to": .integer(1)])
    builder.add("c", "Dropout", ["b"])
    builder.add("d", "Cast", ["c"], ["to": .integer(7)])
    builder.add("y", "Gelu", ["d"])
    let (dump, count, _) = try builder.graph.after(RemoveIdentities())
    #expect(dump == "d = Cast(x) to=7\ny = Gelu(d)")
    #expect(count == 3)
  }

  // MARK: Layer normalisation

  private func normalization(exponent: Float) -> ONNXGraph {
    var builder = ONNXGraphBuilder(input: [1, 4, 3])
    builder.ramp("g", [3])
    builder.ramp("b", [3])
    builder.constant("two", [], [exponent])
    builder.constant("epsilon", [], [Float(1e-6)])
    builder.add("m", "ReduceMean", ["x"], ["axes": .integers([-1])])
    builder.add("d", "Sub", ["x", "m"])
    builder.add("p", "Pow", ["d", "two"])
    builder.add("v", "ReduceMean", ["p"], ["axes": .integers([-1])])
    builder.add("e", "Add", ["v", "epsilon"])
    builder.add("r", "Sqrt", ["e"])
    builder.add("n", "Div", ["d", "r"])
    builder.add("s", "Mul", ["n", "g"])
    builder.add("y", "Add", ["b", "s"])
    return builder.graph
  }

  @Test func recoversLayerNormalization() throws {
    let (dump, count, _) = try normalization(exponent: 2).after(RecoverLayerNormalization())
    #expect(dump == "y = LayerNormalization(x, g, b) axis=-1 epsilon=1e-06")
    #expect(count == 1)
  }

  @Test func leavesTheThirdMoment() throws {
    let graph = normalization(exponent: 3)
    #expect(try graph.after(RecoverLayerNormalization()).dump == graph.dump)
  }

  // MARK: GELU

  private func erf(divisor: Float, halvesFirst: Bool) -> ONNXGraph {
    var builder = ONNXGraphBuilder(input: [1, 3])
    builder.constant("root", [], [divisor])
    builder.constant("one", [], [Float(1)])
    builder.constant("half", [], [Float(0.5)])
    builder.add("d", "Div", ["x", "root"])
    builder.add("e", "Erf", ["d"])
    builder.add("a", "Add", ["one", "e"])
    if halvesFirst {
      builder.add("h", "Mul", ["half", "x"])
      builder.add("y", "Mul", ["h", "a"])
    } else {
      builder.add("m", "Mul", ["x", "a"])
      builder.add("y", "Mul", ["m", "half"])
    }
    return builder.graph
  }

  @Test(arguments: [false, true]) func recoversGELU(halvesFirst: Bool) throws {
    let graph = erf(divisor: Float(2).squareRoot(), halvesFirst: halvesFirst)
    let (dump, count, _) = try graph.after(RecoverGELU())
    #expect(dump == "y = Gelu(x) approximate=none")
    #expect(count == 1)
  }

  /// √2 in FP16 and BF16 is 1.4140625.
  @Test func recoversGELUOfAModelThatComputesInHalves() throws {
    let graph = erf(divisor: 1.4140625, halvesFirst: false)
    #expect(try graph.after(RecoverGELU()).dump == "y = Gelu(x) approximate=none")
  }

  @Test(arguments: [1.5, 1.4138, 1.4144] as [Float])
  func leavesAnotherErrorFunction(_ divisor: Float) throws {
    let graph = erf(divisor: divisor, halvesFirst: false)
    #expect(try graph.after(RecoverGELU()).dump == graph.dump)
  }

  @Test(
    arguments: [
      (0.044715, 0.7978845608, "y = Gelu(x) approximate=tanh"), (0.05, 0.7978845608, nil),
      // In FP16 and in BF16.
      (0.044708251953125, 0.7978515625, "y = Gelu(x) approximate=tanh"),
      (0.044677734375, 0.796875, "y = Gelu(x) approximate=tanh"),
    ])
  func recoversTheApproximationWithTanh(cubic: Double, outer: Double, expected: String?) throws {
    var builder = ONNXGraphBuilder(input: [1, 3])
    builder.constant("three", [], [Float(3)])
    builder.constant("c", [], [Float(cubic)])
    builder.constant("k", [], [Float(outer)])
    builder.constant("one", [], [Float(1)])
    builder.constant("half", [], [Float(0.5)])
    builder.add("p", "Pow", ["x", "three"])
    builder.add("q", "Mul", ["p", "c"])
    builder.add("s", "Add", ["x", "q"])
    builder.add("i", "Mul", ["k", "s"])
    builder.add("t", "Tanh", ["i"])
    builder.add("a", "Add", ["t", "one"])
    builder.add("h", "Mul", ["x", "half"])
    builder.add("y", "Mul", ["h", "a"])
    #expect(try builder.graph.after(RecoverGELU()).dump == expected ?? builder.graph.dump)
  }

  // MARK: Linear layers

  @Test func recoversLinearLayersInEveryForm() throws {
    var builder = ONNXGraphBuilder(input: [4, 3], outputs: ["a", "c", "e", "f"])
    for name in ["v", "w"] { builder.ramp(name, name == "v" ? [3, 2] : [2, 3]) }
    builder.ramp("b", [2])
    builder.add("p", "MatMul", ["x", "v"])
    builder.add("a", "Add", ["b", "p"])
    builder.add("t", "Transpose", ["w"], ["perm": .integers([1, 0])])
    builder.add("q", "MatMul", ["x", "t"])
    builder.add("c", "Add", ["q", "b"])
    builder.add("e", "Gemm", ["x", "w", "b"], ["transB": .integer(1), "alpha": .float(1)])
    builder.add("f", "MatMul", ["x", "v"])
    let (dump, count, _) = try builder.graph.after(RecoverLinear())
    #expect(
      dump == """
        a = Linear(x, v, b) transposed=1
        c = Linear(x, w, b) transposed=0
        e = Linear(x, w, b) transposed=0
        f = Linear(x, v) transposed=1
        """)
    #expect(count == 4)
  }

  @Test func leavesAnAdditionToAProductThatOthersRead() throws {
    var builder = ONNXGraphBuilder(input: [4, 3], outputs: ["y", "p"])
    builder.ramp("v", [3, 2])
    builder.ramp("b", [2])
    builder.add("p", "MatMul", ["x", "v"])
    builder.add("y", "Add", ["p", "b"])
    let (dump, _, _) = try builder.graph.after(RecoverLinear())
    #expect(dump == "p = Linear(x, v) transposed=1\ny = Add(p, b)")
  }

  @Test(arguments: [(false, ["s"]), (true, ["y", "a"])])
  func movesTheAverageOfHeadsIntoThem(isShared: Bool, outputs: [String]) throws {
    var builder = ONNXGraphBuilder(input: [1, 3], outputs: isShared ? ["y", "a"] : ["y"])
    builder.ramp("v", [2, 3])
    builder.ramp("w", [2, 3])
    builder.ramp("b", [2])
    builder.constant("two", [], [Float(2)])
    builder.add("a", "Gemm", ["x", "v", "b"], ["transB": .integer(1)])
    builder.add("c", "Gemm", ["x", "w", "b"], ["transB": .integer(1)])
    builder.add("s", "Add", ["a", "c"])
    builder.add("y", "Div", ["s", "two"])
    let linear = try builder.graph.after(RecoverLinear()).graph
    let (dump, count, graph) = try linear.after(FoldHeadAverage())
    #expect(graph.outputs == outputs)
    #expect(count == (isShared ? 0 : 1))
    #expect(
      dump
        == (isShared
          ? linear.dump
          : """
          a = Linear(x, v, b) factor=0.5 transposed=0
          c = Linear(x, w, b) factor=0.5 transposed=0
          s = Add(a, c)
          """))
  }

  // MARK: Patches and pooling

  @Test func recoversThePatchEmbedding() throws {
    var builder = ONNXGraphBuilder(input: [1, 3, 8, 4])
    builder.ramp("w", [5, 3, 4, 4])
    builder.ramp("b", [5])
    builder.add("y", "Conv", ["x", "w", "b"], ["strides": .integers([4, 4])])
    let (dump, count, graph) = try builder.graph.after(RecoverPatchEmbedding())
    #expect(
      dump == """
        y/rows = PatchEmbedding(x, w, b) side=4
        y/columns = Transpose(y/rows) perm=[0, 2, 1]
        y = Reshape(y/columns, y/shape)
        """)
    #expect(count == 1)
    #expect(graph.initializers["y/shape"] == ONNXTensor([4], [1, 5, 2, 1]))
  }

  @Test(arguments: ["ReduceMean", "GlobalAveragePool"])
  func recoversTheMeanOfTokens(_ type: String) throws {
    var builder = ONNXGraphBuilder(input: [1, 3, 4, 2])
    builder.add("y", type, ["x"], type == "ReduceMean" ? ["axes": .integers([2, 3])] : [:])
    let (dump, count, graph) = try builder.graph.after(RecoverMeanPooling())
    #expect(
      dump == """
        y/turned = Transpose(x) perm=[2, 3, 0, 1]
        y/rows = Reshape(y/turned, y/extents)
        y/mean = MeanRows(y/rows)
        y = Reshape(y/mean, y/shape)
        """)
    #expect(count == 1)
    #expect(graph.initializers["y/extents"] == ONNXTensor([2], [8, 3]))
    #expect(graph.initializers["y/shape"] == ONNXTensor([4], [1, 3, 1, 1]))
  }

  /// Of a network with one patch, all of whose extents but the channels' are 1.
  @Test(arguments: [[1], [1, 2]])
  func recoversTheMeanOfOneToken(_ axes: [Int]) throws {
    var builder = ONNXGraphBuilder(input: Array(repeating: 1, count: axes.count + 1) + [4])
    builder.add("y", "ReduceMean", ["x"], ["axes": .integers(axes)])
    let (_, count, graph) = try builder.graph.after(RecoverMeanPooling())
    #expect(count == 1)
    #expect(graph.initializers["y/extents"] == ONNXTensor([2], [1, 4]))
  }

  @Test func refusesTheMeanOfABatch() {
    var builder = ONNXGraphBuilder(input: [1, 3, 4])
    builder.add("y", "ReduceMean", ["x"], ["axes": .integers([0])])
    #expect(throws: TranslationError.self) { try builder.graph.after(RecoverMeanPooling()) }
  }
}
