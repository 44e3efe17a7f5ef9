import Testing
import VitqGraph
import VitqOps
import VitqPasses
import VitqTensor
import VitqTestSupport

struct SplitQKVTests {
  @Test func splitsAProjectionReadByOneHeadSplitOfEachPart() throws {
    let graph = try AttentionModel(form: .fused).graph()
    let split = try SplitQKV().run(on: graph)
    #expect(
      split.description == """
        %0 = input() [3, 4] "x"
        %1 = constant() [4, 4] "qkv.query.weight"
        %2 = constant() [4] "qkv.query.bias"
        %3 = linear(%0, %1, %2) [3, 4] "qkv.query"
        %4 = split_heads(%3) [2, 3, 2] "part.0"
        %5 = constant() [4, 4] "qkv.key.weight"
        %6 = constant() [4] "qkv.key.bias"
        %7 = linear(%0, %5, %6) [3, 4] "qkv.key"
        %8 = split_heads(%7) [2, 3, 2] "part.1"
        %9 = constant() [4, 4] "qkv.value.weight"
        %10 = constant() [4] "qkv.value.bias"
        %11 = linear(%0, %9, %10) [3, 4] "qkv.value"
        %12 = split_heads(%11) [2, 3, 2] "part.2"
        %13 = matmul(%4, %8) [2, 3, 3] "scores"
        %14 = softmax(%13) [2, 3, 3] "softmax"
        %15 = matmul(%14, %12) [2, 3, 2] "mixed"
        %16 = merge_heads(%15) [3, 4] "merged"
        %17 = constant() [4, 4] "proj.weight"
        %18 = constant() [4] "proj.bias"
        %19 = linear(%16, %17, %18) [3, 4] "proj"
        return %19
        """)
    #expect(split.landmarks[.attentionOutput(block: 0)] == NodeID(index: 16))
    try expectSameOutputs(split, graph)
  }

  @Test func keepsAProjectionThatIsAnOutput() throws {
    let graph = try AttentionModel(form: .fused, returnsProjections: true).graph()
    #expect(try SplitQKV().run(on: graph).description == graph.description)
  }
}

struct DropKeyBiasTests {
  @Test func dropsTheBiasThatSoftmaxDoesNotSee() throws {
    let graph = try AttentionModel(form: .split).graph()
    let (dropped, count) = try DropKeyBias().rewrite(graph)
    #expect(count == 1)
    #expect(dropped.constant(named: "k.zero_bias") == Tensor(zeros: [4]))
    #expect(dropped.constant(named: "k.bias") == nil)
    #expect(
      dropped.nodes.map(\.name) == [
        "x", "q.weight", "q.bias", "q", "part.0", "k.weight", "k.zero_bias", "k", "part.1",
        "v.weight", "v.bias", "v", "part.2", "scores", "softmax", "mixed", "merged",
        "proj.weight", "proj.bias", "proj",
      ])
    try expectSameOutputs(dropped, graph)
  }

  @Test(arguments: [
    AttentionModel(form: .split, returnsProjections: true),
    AttentionModel(form: .split, usesSoftmax: false),
    AttentionModel(form: .split, padsProjections: true),
    AttentionModel(form: .fused),
  ])
  func keepsABiasThatSomethingElseSees(_ model: AttentionModel) throws {
    let graph = try model.graph()
    #expect(try DropKeyBias().run(on: graph).description == graph.description)
  }
}

struct FoldValueBiasTests {
  @Test func foldsTheBiasOfTheValuesIntoTheProjection() throws {
    let graph = try AttentionModel(form: .split).graph()
    let (folded, count) = try FoldValueBias().rewrite(graph)
    #expect(count == 2)
    #expect(folded.constant(named: "v.zero_bias") == Tensor(zeros: [4]))
    #expect(
      folded.nodes.map(\.name) == [
        "x", "q.weight", "q.bias", "q", "part.0", "k.weight", "k.bias", "k", "part.1",
        "v.weight", "v.zero_bias", "v", "part.2", "scores", "softmax", "mixed", "merged",
        "proj.weight", "proj.folded_bias", "proj",
      ])
    try expectSameOutputs(folded, graph)
  }

  @Test(arguments: [
    AttentionModel(form: .split, returnsProjections: true),
    AttentionModel(form: .split, usesSoftmax: false),
    AttentionModel(form: .split, padsProjections: true),
    AttentionModel(form: .fused),
  ])
  func keepsABiasThatSomethingElseSees(_ model: AttentionModel) throws {
    let graph = try model.graph()
    #expect(try FoldValueBias().run(on: graph).description == graph.description)
  }
}

private func expectSameOutputs(_ found: Graph, _ expected: Graph) throws {
  let found = try found.evaluated(on: AttentionModel.input)
  let expected = try expected.evaluated(on: AttentionModel.input)
  for (a, b) in zip(found, expected) {
    #expect(Tolerance.rounding.accepts(a.elements, b.elements))
  }
}
