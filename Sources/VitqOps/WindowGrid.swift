/// How a grid of tokens is cut into windows (arXiv:2103.14030, section 3.2), as timm does it.
///
/// The grid is shifted cyclically by (−`shiftRows`, −`shiftColumns`), then padded at the bottom
/// and at the right to whole windows, then cut. Tokens of the grid are row-major; so are the
/// windows, and the tokens in each.
package struct WindowGrid: Codable, Hashable, Sendable {
  /// Extent of the grid, in tokens.
  package var height: Int
  package var width: Int
  /// Extent of a window, in tokens.
  package var windowHeight: Int
  package var windowWidth: Int
  /// The cyclic shift, in tokens.
  package var shiftRows: Int
  package var shiftColumns: Int

  package init(
    height: Int, width: Int, windowHeight: Int, windowWidth: Int, shiftRows: Int = 0,
    shiftColumns: Int = 0
  ) {
    self.height = height
    self.width = width
    self.windowHeight = windowHeight
    self.windowWidth = windowWidth
    self.shiftRows = shiftRows
    self.shiftColumns = shiftColumns
  }

  /// The largest side of a window.
  package static let windowLimit = 4096

  /// Whether the window has tokens and the shift is less than the grid, so that the members
  /// below are defined and their products do not overflow.
  package var isValid: Bool {
    let sides = 1...(1 << 31)
    let windows = 1...Self.windowLimit
    return sides.contains(height) && sides.contains(width) && windows.contains(windowHeight)
      && windows.contains(windowWidth) && (0..<height).contains(shiftRows)
      && (0..<width).contains(shiftColumns) && height * width <= 1 << 31
  }

  package var tokenCount: Int { height * width }
  /// T, the number of tokens of a window.
  package var windowTokenCount: Int { windowHeight * windowWidth }
  /// The number of windows from top to bottom.
  package var windowRows: Int { (height + windowHeight - 1) / windowHeight }
  /// The number of windows from left to right.
  package var windowColumns: Int { (width + windowWidth - 1) / windowWidth }
  package var windowCount: Int { windowRows * windowColumns }

  /// Whether some tokens of the windows are none of the grid.
  package var hasPadding: Bool { windowCount * windowTokenCount > tokenCount }

  package var isShifted: Bool { shiftRows > 0 || shiftColumns > 0 }

  /// For each token of the windows in order, its token of the grid; −1 for padding.
  package var gridTokens: [Int32] {
    var result: [Int32] = []
    result.reserveCapacity(windowCount * windowTokenCount)
    forEachWindowToken { row, column in
      guard row < height, column < width else {
        result.append(-1)
        return
      }
      let source = (row + shiftRows) % height * width + (column + shiftColumns) % width
      result.append(Int32(source))
    }
    return result
  }

  /// For each token of the grid, its token of the windows: the inverse of ``gridTokens``.
  package var windowTokens: [Int32] {
    var result = [Int32](repeating: -1, count: tokenCount)
    for (token, source) in gridTokens.enumerated() where source >= 0 {
      result[Int(source)] = Int32(token)
    }
    return result
  }

  /// Calls `body` with the place of each token of the windows in the shifted and padded grid.
  package func forEachWindowToken(_ body: (_ row: Int, _ column: Int) -> Void) {
    for windowRow in 0..<windowRows {
      for windowColumn in 0..<windowColumns {
        for row in 0..<windowHeight {
          for column in 0..<windowWidth {
            body(windowRow * windowHeight + row, windowColumn * windowWidth + column)
          }
        }
      }
    }
  }
}
