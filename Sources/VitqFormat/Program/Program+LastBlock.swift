extension Program {
  /// How many tokens of the last attention are computed, and how many there are; `nil` if there is
  /// no attention.
  ///
  /// A classifier that reads the class token needs that token's row alone behind the last attention.
  package var lastBlockRows: (computed: Int, total: Int)? {
    for case .attention(let attention) in instructions.reversed() {
      return (attention.rows.count, buffers[attention.keys.index].rows)
    }
    return nil
  }
}
