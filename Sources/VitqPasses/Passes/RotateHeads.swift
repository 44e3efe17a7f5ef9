package import VitqGraph
import VitqOps
import VitqTensor

/// Turns queries and keys, and values, by an orthogonal matrix for each head (QuaRot,
/// arXiv:2404.00456, section 4).
///
///     %q = split_heads(linear(%x, A, a))            A′ = R A    a′ = R a
///     %k = split_heads(linear(%x, B, b))            B′ = R B    b′ = R b
///     %s = matmul(%q, %kᵀ)                   →
///     %v = split_heads(linear(%x, V, c))            V′ = S V    c′ = S c
///     %m = merge_heads(matmul(%p, %v))
///     %y = linear(%m, W, d)                         W′ = W Sᵀ
///
/// with R and S block-diagonal, one random orthogonal block for each head. Sound because
/// (R q) · (R k) = q · k, and because attention mixes tokens, not channels. Needs constant layers
/// and each value used only by the next; run it after ``SplitQKV``. Changes results only by FP32
/// rounding.
package struct RotateHeads: RewritePass {
  package let seed: UInt64

  package init(seed: UInt64) { self.seed = seed }

  package func replacement(
    for id: NodeID, in rewriting: inout Rewriting
  ) throws(GraphError) -> NodeID? {
    guard let (weight, bias) = rewriting.linearConstants(id) else { return nil }
    let node = rewriting.source[id]
    var turned = (weight: weight, bias: bias)
    var isChanged = false
    // A layer may project the values of one attention and give what another one reads.
    if let (product, heads) = mixing(endingIn: id, in: rewriting) {
      turned.weight = weight.turningColumns(by: matrices(product, heads, weight.shape[1]))
      isChanged = true
    }
    if let (product, heads) = scoring(startingAt: id, in: rewriting)
      ?? mixing(startingAt: id, in: rewriting)
    {
      let matrices = matrices(product, heads, weight.shape[0])
      turned = (turned.weight.turningRows(by: matrices), bias.turningRows(by: matrices))
      isChanged = true
    }
    guard isChanged else { return nil }
    let w = try rewriting.add("\(node.name).turned_weight", Constant(turned.weight))
    let b = try rewriting.add("\(node.name).turned_bias", Constant(turned.bias))
    return try rewriting.add(node.name, Linear(), [rewriting[node.operands[0]], w, b])
  }

  /// One matrix for each head of an attention product, which numbers them.
  private func matrices(_ product: NodeID, _ heads: Int, _ channels: Int) -> [Tensor] {
    var generator = RotationRandom(seed: seed ^ 0x4845_4144, stream: product.index)
    return (0..<heads).map { _ in
      OrthogonalMatrix(random: channels / heads, &generator).tensor
    }
  }

  /// The product of queries and keys, if `linear` gives one of them.
  private func scoring(
    startingAt linear: NodeID, in rewriting: Rewriting
  ) -> (product: NodeID, heads: Int)? {
    let source = rewriting.source
    guard let split = rewriting.onlyUser(of: linear), let heads = splitHeads(split, in: rewriting),
      let product = rewriting.onlyUser(of: split),
      let matmul = source[product].operation as? MatMul, matmul.transposesRight
    else { return nil }
    let isSound = source[product].operands.allSatisfy { operand in
      splitHeads(operand, in: rewriting) == heads && rewriting.hasOneUse(operand)
        && rewriting.linearConstants(source[operand].operands[0]) != nil
        && rewriting.hasOneUse(source[operand].operands[0])
    }
    return isSound ? (product, heads) : nil
  }

  /// The product of probabilities and values, if `linear` gives the values.
  private func mixing(
    startingAt linear: NodeID, in rewriting: Rewriting
  ) -> (product: NodeID, heads: Int)? {
    let source = rewriting.source
    guard let split = rewriting.onlyUser(of: linear), let heads = splitHeads(split, in: rewriting),
      let product = rewriting.onlyUser(of: split),
      let matmul = source[product].operation as? MatMul, !matmul.transposesRight,
      source[product].operands[1] == split,
      let merge = rewriting.onlyUser(of: product), source[merge].operation is MergeHeads,
      let projection = rewriting.onlyUser(of: merge), source[projection].operands[0] == merge,
      rewriting.linearConstants(projection) != nil
    else { return nil }
    return (product, heads)
  }

  /// The same, if `projection` is the layer behind the heads.
  private func mixing(
    endingIn projection: NodeID, in rewriting: Rewriting
  ) -> (product: NodeID, heads: Int)? {
    let source = rewriting.source
    let merge = source[projection].operands[0]
    guard source[merge].operation is MergeHeads,
      source[source[merge].operands[0]].operation is MatMul
    else { return nil }
    let split = source[source[source[merge].operands[0]].operands[1]]
    guard split.operation is SplitHeads, rewriting.linearConstants(split.operands[0]) != nil,
      let found = mixing(startingAt: split.operands[0], in: rewriting),
      rewriting.onlyUser(of: merge) == projection
    else { return nil }
    return found
  }

  private func splitHeads(_ id: NodeID, in rewriting: Rewriting) -> Int? {
    guard let split = rewriting.source[id].operation as? SplitHeads, split.parts == 1 else {
      return nil
    }
    return split.heads
  }
}

extension Tensor {
  /// The rows of each head multiplied by its matrix from the left; a vector is one column.
  fileprivate func turningRows(by matrices: [Tensor]) -> Tensor {
    let stride = elements.count / matrices.count
    let rows = shape[0] / matrices.count
    var turned: [Float] = []
    for (head, matrix) in matrices.enumerated() {
      let slice = Tensor(
        [rows, stride / rows], Array(elements[head * stride..<(head + 1) * stride]))
      turned += matrix.times(slice).elements
    }
    return Tensor(shape, turned)
  }

  /// The columns of each head multiplied by the transpose of its matrix from the right.
  fileprivate func turningColumns(by matrices: [Tensor]) -> Tensor {
    let (width, rows) = (shape[1], shape[0])
    let side = width / matrices.count
    var result = self
    for (head, matrix) in matrices.enumerated() {
      var slice: [Float] = []
      for row in 0..<rows {
        let start = row * width + head * side
        slice += elements[start..<start + side]
      }
      let turned = Tensor([rows, side], slice).times(matrix, transposed: true)
      for row in 0..<rows {
        for i in 0..<side {
          result[row * width + head * side + i] = turned[row * side + i]
        }
      }
    }
    return result
  }
}
