package import VitqGraph
import VitqOps
import VitqTensor

/// Computes only the rows that are selected later: of the last block's projection and MLP, the
/// class token's.
///
///     select_rows(f(x)) → f(select_rows(x))        f row by row
///
/// for every f all of whose readers want the same rows. It stops where rows mix (attention, means)
/// and at values that somebody asks for by a landmark, whose rows are all wanted; a caller that
/// does not need a landmark removes it first. Rows keep their values up to the rounding that a
/// product of fewer rows may have.
package struct SelectRowsEarly: RewritePass {
  package init() {}

  package func replacement(
    for id: NodeID, in rewriting: inout Rewriting
  ) throws(GraphError) -> NodeID? {
    let source = rewriting.source
    let node = source[id]
    if let rows = Self.rows(of: id, rewriting) {
      let operands = try narrowed(node.operands, of: id, to: rows, &rewriting)
      return try rewriting.add(node.name, node.operation, operands)
    }
    if node.operation is SelectRows, Self.rows(of: node.operands[0], rewriting) != nil {
      return rewriting[node.operands[0]]
    }
    return nil
  }

  /// The operands of a node of which only some rows are computed.
  private func narrowed(
    _ operands: [NodeID], of id: NodeID, to rows: SelectRows, _ rewriting: inout Rewriting
  ) throws(GraphError) -> [NodeID] {
    var result: [NodeID] = []
    for (index, operand) in operands.enumerated() {
      let isWhole =
        !Self.isRowwise(index, of: rewriting.source[id].operation)
        || Self.rows(of: operand, rewriting) != nil
      if isWhole {
        result.append(rewriting[operand])
      } else {
        let name = "\(rewriting.source[id].name).rows.\(index)"
        result.append(try rewriting.add(name, rows, [rewriting[operand]]))
      }
    }
    return result
  }

  /// The only rows of a value that its readers want; `nil` if all or several ranges are.
  private static func rows(of id: NodeID, _ rewriting: Rewriting) -> SelectRows? {
    let source = rewriting.source
    let node = source[id]
    guard node.shape.rank == 2, node.operands.count > 0, isRowwise(0, of: node.operation),
      !source.outputs.contains(id), !source.landmarks.values.contains(id),
      zip(node.operands.indices, node.operands).allSatisfy({ index, operand in
        !isRowwise(index, of: node.operation)
          || source[operand].shape.rank == 2
            && source[operand].shape[0] == node.shape[0]
      })
    else { return nil }
    var wanted: SelectRows?
    for user in rewriting.users(of: id) {
      let rows: SelectRows?
      if let select = source[user].operation as? SelectRows {
        rows = select
      } else if source[user].operands.indices.allSatisfy({
        source[user].operands[$0] != id || isRowwise($0, of: source[user].operation)
      }) {
        rows = Self.rows(of: user, rewriting)
      } else {
        rows = nil
      }
      guard let rows, wanted == nil || wanted == rows else { return nil }
      wanted = rows
    }
    return wanted
  }

  /// Whether a row of the result depends on the same row of operand `index` and on no other.
  private static func isRowwise(_ index: Int, of operation: any Operation) -> Bool {
    switch operation {
    case is Add: true
    case is Linear, is LayerNorm, is GELU: index == 0
    default: false
    }
  }
}
