extension Program {
  /// A matrix of height × width tokens, row-major, cut into windows after a cyclic shift.
  ///
  /// In window order, row (w · windowHeight + i) · windowWidth + j is token (i, j) of window w;
  /// windows are row-major. Token (y, x) of the shifted and padded matrix is token
  /// ((y + shiftRows) mod height, (x + shiftColumns) mod width), or padding if y ≥ height or
  /// x ≥ width. Source: arXiv:2103.14030, section 3.2, in the order of timm.
  package struct WindowGrid: Hashable, Sendable {
    package var height: Int
    package var width: Int
    package var windowHeight: Int
    package var windowWidth: Int
    /// 0 ..< height.
    package var shiftRows: Int
    /// 0 ..< width.
    package var shiftColumns: Int

    package init(
      height: Int, width: Int, windowHeight: Int, windowWidth: Int, shiftRows: Int,
      shiftColumns: Int
    ) {
      self.height = height
      self.width = width
      self.windowHeight = windowHeight
      self.windowWidth = windowWidth
      self.shiftRows = shiftRows
      self.shiftColumns = shiftColumns
    }

    /// Tokens without padding.
    package var tokenCount: Int { height * width }
    /// Tokens of a window.
    package var windowTokenCount: Int { windowHeight * windowWidth }
    package var windowCount: Int { windowsDown * windowsAcross }
    /// Rows in window order: tokens and padding.
    package var rowCount: Int { windowCount * windowTokenCount }
    package var hasPadding: Bool { rowCount != tokenCount }

    private var windowsDown: Int { (height + windowHeight - 1) / windowHeight }
    private var windowsAcross: Int { (width + windowWidth - 1) / windowWidth }

    /// For each row in window order the token it holds, or −1 for padding.
    package var tokens: [Int32] {
      var tokens: [Int32] = []
      tokens.reserveCapacity(rowCount)
      for down in 0..<windowsDown {
        for across in 0..<windowsAcross {
          for y in down * windowHeight..<(down + 1) * windowHeight {
            for x in across * windowWidth..<(across + 1) * windowWidth {
              let token = (y + shiftRows) % height * width + (x + shiftColumns) % width
              tokens.append(y < height && x < width ? Int32(token) : -1)
            }
          }
        }
      }
      return tokens
    }
  }

  /// Where the rows of a normalisation come from.
  package enum Gather: Hashable, Sendable {
    /// Rows in window order. Padding is 0 after the normalisation.
    case windows(WindowGrid)
    /// Four neighbours side by side, of height × width tokens: row y · ⌈width / 2⌉ + x holds tokens
    /// (2y, 2x), (2y + 1, 2x), (2y, 2x + 1) and (2y + 1, 2x + 1). What lies past the last token
    /// is 0 before the normalisation.
    case neighbours(height: Int, width: Int)

    /// Tokens that are read.
    package var tokenCount: Int {
      switch self {
      case .windows(let grid): grid.tokenCount
      case .neighbours(let height, let width): height * width
      }
    }

    package var rowCount: Int {
      switch self {
      case .windows(let grid): grid.rowCount
      case .neighbours(let height, let width): (height + 1) / 2 * ((width + 1) / 2)
      }
    }

    /// Tokens side by side in a row.
    package var tokensPerRow: Int {
      switch self {
      case .windows: 1
      case .neighbours: 4
      }
    }

    /// The tokens of each row, ``tokensPerRow`` after one another, −1 for none.
    package var tokens: [Int32] {
      switch self {
      case .windows(let grid): return grid.tokens
      case .neighbours(let height, let width):
        var tokens: [Int32] = []
        for y in stride(from: 0, to: height, by: 2) {
          for x in stride(from: 0, to: width, by: 2) {
            for (down, across) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
              let (row, column) = (y + down, x + across)
              tokens.append(row < height && column < width ? Int32(row * width + column) : -1)
            }
          }
        }
        return tokens
      }
    }
  }

  /// The operands of ``Instruction/gatherNorm(_:)``.
  package struct GatherNorm: Sendable, Equatable {
    package var source: BufferID
    package var gather: Gather
    package var gamma: Constant
    package var beta: Constant
    package var epsilon: Float
    /// `nil`: the target is F32.
    package var quantizer: UniformQuantizer?
    package var target: BufferID

    package init(
      source: BufferID, gather: Gather, gamma: Constant, beta: Constant, epsilon: Float,
      quantizer: UniformQuantizer?, target: BufferID
    ) {
      self.source = source
      self.gather = gather
      self.gamma = gamma
      self.beta = beta
      self.epsilon = epsilon
      self.quantizer = quantizer
      self.target = target
    }
  }

  /// The operands of ``Instruction/scatterLinear(_:)``.
  package struct ScatterLinear: Sendable, Equatable {
    package var source: BufferID
    package var weights: Weights
    package var grid: WindowGrid
    package var target: BufferID

    package init(source: BufferID, weights: Weights, grid: WindowGrid, target: BufferID) {
      self.source = source
      self.weights = weights
      self.grid = grid
      self.target = target
    }
  }

  /// Attention within windows of consecutive rows, with a relative position bias.
  ///
  ///     x[i, j] = fma(S[i, j], scoreStep, bias[Δ(i, j)] + mask)
  ///     mask = penalty if the regions of rows i and j differ, else 0
  ///
  /// with bias [heads, 2 · height − 1, 2 · width − 1] indexed by the offset from the query's token
  /// to the key's, plus (height − 1, width − 1). Without regions nothing is added to the bias.
  package struct Windows: Sendable, Equatable {
    /// Tokens of a window down and across.
    package var height: Int
    package var width: Int
    package var scoreStep: Float
    /// F32.
    package var bias: Constant
    /// U8, one for each row, or `nil` if all tokens of a window see each other.
    package var regions: Constant?
    package var penalty: Float

    package init(
      height: Int, width: Int, scoreStep: Float, bias: Constant, regions: Constant? = nil,
      penalty: Float = 0
    ) {
      self.height = height
      self.width = width
      self.scoreStep = scoreStep
      self.bias = bias
      self.regions = regions
      self.penalty = penalty
    }

    package var tokenCount: Int { height * width }
  }
}
