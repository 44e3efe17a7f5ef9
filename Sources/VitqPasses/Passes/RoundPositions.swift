package import VitqGraph
import VitqOps
import VitqTensor

/// Rounds the position embedding to BF16, as which the file holds it.
///
///     %y = add(%x, P)       →      %y = add(%x, P rounded)
///
/// Needs P constant and x not, both of the same shape [N, C] with N > 1. Changes each element of P
/// by at most 2⁻⁹ of its magnitude, far below a step of the quantizers behind it; ties go to the
/// even one. Runs behind rotations, which turn P.
package struct RoundPositions: RewritePass {
  package init() {}

  package func replacement(
    for id: NodeID, in rewriting: inout Rewriting
  ) throws(GraphError) -> NodeID? {
    let node = rewriting.source[id]
    guard node.operation is Add, node.shape.rank == 2, node.shape[0] > 1 else { return nil }
    let constants = node.operands.map { rewriting.constant($0) }
    guard constants.count(where: { $0 != nil }) == 1,
      let position = constants.firstIndex(where: { $0?.shape == node.shape }),
      let exact = constants[position]
    else { return nil }
    let rounded = Tensor(exact.shape, exact.elements.map(\.roundedToBFloat16))
    guard rounded != exact else { return nil }
    var operands = node.operands.map { rewriting[$0] }
    operands[position] = try rewriting.add(
      "\(rewriting.source[node.operands[position]].name).rounded", Constant(rounded))
    return try rewriting.add(node.name, node.operation, operands)
  }
}
