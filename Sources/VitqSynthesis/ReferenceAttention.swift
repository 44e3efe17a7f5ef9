package import VitqAutodiff
package import VitqGraph
package import VitqTensor

/// The attention of a model to real images, which may stand for random priors.
///
/// SARDFQ's ablation with "real" priors; images made with it are not data-free.
package struct ReferenceAttention: Sendable {
  /// The attention to each patch by block and head, window after window.
  package typealias Maps = [[[Float]]]

  /// By image.
  package let maps: [Maps]

  /// What the class token attends to in each image; without one, the mean over all queries.
  ///
  /// - Parameters:
  ///   - graph: The model.
  ///   - constants: Its constants.
  ///   - model: What was found in it.
  ///   - images: Normalised images [3, H, W].
  package init(
    _ graph: Graph, constants: ConstantPool, _ model: SynthesisModel, images: [Tensor]
  ) {
    let evaluator = Evaluator(graph, constants: constants, keeping: model.attentions)
    maps = images.map { image in
      image.withView { evaluator.input(model.image).copy(from: $0) }
      evaluator.forward()
      return zip(model.attentions, model.tokenGroups).map { id, group in
        let attention = evaluator.value(id)
        let patches = group.rows * group.columns
        let tokens = attention.shape.width
        let first = tokens - patches
        let queries = first == 0 ? tokens : 1
        return (0..<attention.shape[0]).map { head in
          (0..<patches).map { patch in
            var sum: Float = 0
            for query in 0..<queries {
              sum += attention[(head * tokens + query) * tokens + first + patch]
            }
            return sum / Float(queries)
          }
        }
      }
    }
  }
}
