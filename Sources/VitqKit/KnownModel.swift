import VitqArchitectures
package import VitqImage
import VitqOps

/// A model that `convert` builds from a state dict and the name alone.
package struct KnownModel: Sendable {
  /// timm's name without a tag.
  package let name: String
  /// The short name of the papers, if there is one; `--arch` takes both.
  package let alias: String?
  /// `ViT` or `Swin`.
  package let family: String
  /// Patches of the image, in the first stage.
  package let patchCount: Int
  /// C, in the first stage.
  package let width: Int
  /// Blocks of each stage; a plain transformer has one.
  package let depths: [Int]
  /// Heads of each stage.
  package let headCounts: [Int]
  /// The sides of the windows of each stage; empty for a plain transformer.
  package let windowSides: [Int]
  /// The ε of layer normalisation.
  package let epsilon: Float
  /// `erf` or `tanh`.
  package let activation: String
  /// timm's name of the pooling.
  package let pooling: String
  package let preprocessing: Preprocessing

  /// Every one, in the order of the names.
  package static let all: [KnownModel] = ArchitectureCatalog.all.map(KnownModel.init)

  private init(_ entry: ArchitectureEntry) {
    name = entry.name
    alias = ArchitectureCatalog.alias(of: entry)
    family = entry.family.rawValue
    patchCount = entry.patchCount
    width = entry.size.width
    depths = entry.size.depths
    headCounts = entry.size.headCounts
    windowSides = entry.windowSides
    epsilon = entry.traits.epsilon
    activation = entry.traits.activation.rawValue
    pooling = entry.traits.pooling.rawValue
    preprocessing = entry.preprocessing
  }
}
