package import VitqGraph
import VitqOps
package import VitqTensor

/// A transformer that sees some of the patches of an image only: SMI's sparse inversion.
///
/// After the position embedding is added the tokens x are replaced by S x, where S has a row of
/// one 1 for each token that is kept. All blocks shrink, forward and backward. The evaluator's
/// graphs are static, so there is one for each number of tokens; which tokens they are is an
/// input of the graph. The nodes of all these graphs have the same indices and constants, so one
/// ``ConstantPool`` serves them.
package struct TokenPruning: Sendable {
  private static let prefix = "synthesis.kept_tokens"

  private let source: Graph
  /// The tokens after their position embedding: the first value that several nodes read.
  private let entry: NodeID
  /// Tokens before the patches.
  let otherTokens: Int
  private let patchCount: Int
  /// All tokens.
  var tokenCount: Int { otherTokens + patchCount }

  /// Finds where tokens are to be dropped.
  ///
  /// - Throws: ``SynthesisError/unsupportedModel(_:requirement:)``.
  package init(_ graph: Graph, _ model: SynthesisModel) throws(SynthesisError) {
    let requirement = "one sequence of tokens, with a class token"
    guard model.hasOtherTokens, var id = graph.landmarks[.patchTokens],
      let attention = model.attentions.first
    else {
      throw .unsupportedModel(.smiSparse, requirement: requirement)
    }
    let tokens = graph[attention].shape.width
    var users = Array(repeating: [NodeID](), count: graph.nodes.count)
    for id in graph.ids { for operand in graph[id].operands { users[operand.index].append(id) } }
    while users[id.index].count == 1 { id = users[id.index][0] }
    patchCount = model.rows * model.columns
    guard graph[id].shape.rank == 2, graph[id].shape[0] == tokens, !users[id.index].isEmpty else {
      throw .unsupportedModel(.smiSparse, requirement: requirement)
    }
    source = graph
    entry = id
    otherTokens = tokens - patchCount
  }

  /// The model for `count` patches, and its input S, [1, tokens kept, tokens].
  ///
  /// - Throws: ``SynthesisError/unsupportedModel(_:requirement:)`` if an operation depends on the
  ///   number of tokens.
  package func graph(keeping count: Int) throws(SynthesisError) -> (graph: Graph, kept: NodeID) {
    do throws(GraphError) {
      return try build(count)
    } catch {
      throw .unsupportedModel(
        .smiSparse, requirement: "operations for any number of tokens (\(error))")
    }
  }

  private func build(_ count: Int) throws(GraphError) -> (graph: Graph, kept: NodeID) {
    let tokens = tokenCount
    var target = Graph()
    var image: [NodeID] = []
    let kept = try target.add(Self.prefix, Input([1, otherTokens + count, tokens]))
    for id in source.ids {
      let node = source[id]
      let copy = try target.add(
        node.name, node.operation, node.operands.map { image[$0.index] })
      guard id == entry else {
        image.append(copy)
        continue
      }
      let matrix = try target.add(
        "\(Self.prefix).all", SplitHeads(part: 0, parts: 1, heads: 1), [copy])
      let product = try target.add(
        "\(Self.prefix).product", MatMul(transposesRight: false, scale: 1), [kept, matrix])
      image.append(try target.add("\(Self.prefix).rows", MergeHeads(), [product]))
    }
    target.outputs = source.outputs.map { image[$0.index] }
    target.landmarks = source.landmarks.mapValues { image[$0.index] }
    return (target, kept)
  }

  /// Writes S for these patches, ascending.
  package func write(_ patches: [Int], into selection: MutableTensorView) {
    let tokens = tokenCount
    selection.fill(0)
    for token in 0..<otherTokens { selection[token * tokens + token] = 1 }
    for (row, patch) in patches.enumerated() {
      selection[(otherTokens + row) * tokens + otherTokens + patch] = 1
    }
  }
}
