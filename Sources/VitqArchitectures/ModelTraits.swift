package import VitqOps

/// What a state dict does not tell about its model.
package struct ModelTraits: Sendable, Equatable {
  /// How tokens become the feature that the classifier reads.
  package enum Pooling: String, Sendable {
    /// The class token.
    case token
    /// The mean of the patch tokens.
    case average = "avg"
  }

  /// Which tokens a token attends to.
  package enum Attention: Sendable, Equatable {
    /// All, with so many heads in every block.
    case global(headCount: Int)
    /// Those of its window; the tensors tell the heads.
    case windowed(Windows)
  }

  package var attention: Attention
  /// ε of every layer normalisation.
  package var epsilon: Float
  /// The activation of the MLPs.
  package var activation: GELU.Form
  package var pooling: Pooling

  package init(
    attention: Attention, epsilon: Float, activation: GELU.Form, pooling: Pooling
  ) {
    self.attention = attention
    self.epsilon = epsilon
    self.activation = activation
    self.pooling = pooling
  }
}

extension ModelTraits {
  /// The windows of a Swin Transformer, as timm's constructor takes them.
  package struct Windows: Sendable, Equatable {
    /// For each stage; `nil` if windows are square, so that the bias tables tell their sides.
    package var sizes: [WindowSize]?
    /// Whether windows keep their size and shift on grids that are smaller.
    package var alwaysPartitions: Bool

    package init(sizes: [WindowSize]? = nil, alwaysPartitions: Bool = false) {
      self.sizes = sizes
      self.alwaysPartitions = alwaysPartitions
    }
  }

  var family: ModelFamily {
    switch attention {
    case .global: .visionTransformer
    case .windowed: .swinTransformer
    }
  }
}

/// The extent of a window, in tokens.
package struct WindowSize: Sendable, Hashable {
  package var height: Int
  package var width: Int

  package init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }
}

extension ModelTraits.Pooling {
  /// timm's name for a pooling; `nil` if it is not supported.
  init(timm name: String) throws(ArchitectureError) {
    guard let pooling = Self(rawValue: name) else {
      throw .unsupported(quantity: "pooling", found: "'\(name)'", supported: "'token' or 'avg'")
    }
    self = pooling
  }
}

extension GELU.Form {
  /// The form that timm or formats/hdf5.md calls `name`.
  init(timm name: String) throws(ArchitectureError) {
    switch name {
    case "gelu": self = .erf
    case "gelu_tanh": self = .tanh
    default:
      throw .unsupported(
        quantity: "activation", found: "'\(name)'", supported: "'gelu' or 'gelu_tanh'")
    }
  }
}
