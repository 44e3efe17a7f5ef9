/// How the tokens of a block attend to each other: all together, or in windows.
///
/// The tokens of a group are consecutive rows of the attention's output.
package struct TokenGroups: Equatable, Sendable {
  /// The number of windows, or 1.
  package let count: Int
  /// Tokens in a group, those that are no patches included.
  package let tokens: Int
  package let heads: Int
  /// The width of a head.
  package let headWidth: Int
  /// Tokens before the patches of a group.
  package let otherTokens: Int
  /// Patches of a group from top to bottom and from left to right.
  package let rows: Int
  package let columns: Int
  /// Whether the groups are windows, of which there may be one only.
  package let areWindows: Bool

  package init(
    count: Int, tokens: Int, heads: Int, headWidth: Int, otherTokens: Int, rows: Int,
    columns: Int, areWindows: Bool? = nil
  ) {
    self.areWindows = areWindows ?? (count > 1)
    self.count = count
    self.tokens = tokens
    self.heads = heads
    self.headWidth = headWidth
    self.otherTokens = otherTokens
    self.rows = rows
    self.columns = columns
  }

  /// The tokens that PSAQ-ViT leaves out of a group: those before the patches, and the first
  /// patch of a window.
  private var leftOut: Int { max(otherTokens, areWindows ? 1 : 0) }

  /// The tokens of a group that PSAQ-ViT compares.
  package var comparedTokens: Int { tokens - leftOut }

  /// Calls `body` with the number of each token that is compared and its row in the values.
  func forEachComparedToken(_ body: (_ token: Int, _ row: Int) -> Void) {
    for group in 0..<count {
      for i in 0..<comparedTokens {
        body(group * comparedTokens + i, group * tokens + leftOut + i)
      }
    }
  }
}
