import VitqGraph
import VitqOps
import VitqTensor
import VitqTestSupport

/// One attention layer: x [3, 4], two heads of width 2.
struct AttentionModel {
  enum Form {
    case fused
    case split
  }

  var form: Form
  /// Whether the value between two layers that passes look at is an output too.
  var returnsProjections = false
  var usesSoftmax = true
  /// Whether windows of two tokens are cut behind the projections, with padding.
  var padsProjections = false

  func graph() throws -> Graph {
    var generator = SplitMix64(seed: 4)
    var graph = Graph()
    func linear(_ name: String, _ x: NodeID, outputs: Int) throws -> NodeID {
      let w = try graph.add(
        "\(name).weight", Constant(Tensor([outputs, 4], generator.floats(outputs * 4))))
      let b = try graph.add("\(name).bias", Constant(Tensor([outputs], generator.floats(outputs))))
      return try graph.add(name, Linear(), [x, w, b])
    }
    let x = try graph.add("x", Input([3, 4]))
    var heads: [NodeID] = []
    var projections: [NodeID] = []
    switch form {
    case .fused:
      let qkv = try linear("qkv", x, outputs: 12)
      projections = [qkv]
      for part in 0..<3 {
        heads.append(
          try graph.add("part.\(part)", SplitHeads(part: part, parts: 3, heads: 2), [qkv]))
      }
    case .split:
      for (part, role) in ["q", "k", "v"].enumerated() {
        let projection = try linear(role, x, outputs: 4)
        projections.append(projection)
        heads.append(try split("part.\(part)", projection, in: &graph))
      }
    }
    let scores = try graph.add(
      "scores", MatMul(transposesRight: true, scale: 0.5), [heads[0], heads[1]])
    let weights =
      usesSoftmax ? try graph.add("softmax", Softmax(), [scores]) : scores
    let mixed = try graph.add(
      "mixed", MatMul(transposesRight: false, scale: 1), [weights, heads[2]])
    let merged = try graph.add("merged", MergeHeads(windows: padsProjections ? 2 : 1), [mixed])
    let y = try linear("proj", merged, outputs: 4)
    graph.landmarks[.attentionOutput(block: 0)] = merged
    graph.outputs = [y] + (returnsProjections ? projections : [])
    return graph
  }

  private func split(
    _ name: String, _ projection: NodeID, in graph: inout Graph
  ) throws -> NodeID {
    guard padsProjections else {
      return try graph.add(name, SplitHeads(part: 0, parts: 1, heads: 2), [projection])
    }
    let grid = WindowGrid(height: 3, width: 1, windowHeight: 2, windowWidth: 1)
    let padded = try graph.add("\(name).padded", WindowPartition(grid), [projection])
    return try graph.add(name, SplitHeads(part: 0, parts: 1, heads: 2, windows: 2), [padded])
  }

  static let input = Tensor(
    [3, 4], [0.1, -0.9, 0.4, 1.2, -0.3, 0.8, 0.5, -1.1, 0.7, 0.2, -0.6, 0.9])
}
