extension Program {
  /// Whether each token has scales of its own for what linear layers read.
  package var hasTokenScales: Bool {
    instructions.contains { if case .quantizeRows = $0 { true } else { false } }
  }

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
