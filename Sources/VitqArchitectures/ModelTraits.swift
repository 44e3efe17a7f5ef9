package import VitqOps

/// What a state dict does not tell about its vision transformer.
package struct ModelTraits: Sendable, Equatable {
  /// How tokens become the feature that the classifier reads.
  package enum Pooling: String, Sendable {
    /// The class token.
    case token
    /// The mean of the patch tokens.
    case average = "avg"
  }

  package var headCount: Int
  /// ε of every layer normalisation.
  package var epsilon: Float
  /// The activation of the MLPs.
  package var activation: GELU.Form
  package var pooling: Pooling

  package init(headCount: Int, epsilon: Float, activation: GELU.Form, pooling: Pooling) {
    self.headCount = headCount
    self.epsilon = epsilon
    self.activation = activation
    self.pooling = pooling
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
