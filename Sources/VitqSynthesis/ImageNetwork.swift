import VitqAutodiff
import VitqGraph
import VitqTensor

/// The model at the whole image, with the terms that read its values.
///
/// With pruning there is an evaluator for each number of tokens, made when it is first needed.
final class ImageNetwork {
  let pruning: TokenPruning?
  private let constants: ConstantPool
  private let model: SynthesisModel
  private let observed: [NodeID]
  private let bf16: BF16Products?
  /// By number of patches.
  private var evaluators: [Int: (graph: Graph, evaluator: Evaluator, kept: NodeID)] = [:]
  private var current: Evaluator
  /// That of ``current``, and what says which patches it sees.
  private var graph: Graph
  private var kept: NodeID?

  /// Plans the evaluation.
  ///
  /// - Parameters:
  ///   - graph: The model.
  ///   - constants: Its constants.
  ///   - settings: The method, whose terms decide what is evaluated.
  ///   - pruning: Drops tokens of `graph`.
  ///   - bf16: Multiplies matrices in BF16, if not `nil`.
  /// - Throws: ``SynthesisError/unsupportedModel(_:requirement:)``.
  init(
    _ graph: Graph, constants: ConstantPool, _ settings: SynthesisSettings,
    pruning: TokenPruning?, bf16: BF16Products?
  ) throws(SynthesisError) {
    self.constants = constants
    self.pruning = pruning
    self.bf16 = bf16
    self.graph = graph
    model = settings.model
    let ofTerms = ImageObjective(settings, image: 0).terms.flatMap(\.nodes)
    observed = ofTerms + (settings.options.method == .psaqV2 ? [model.logits] : [])
    current = Self.evaluator(
      graph, constants, model, observed, scores: pruning != nil, bf16)
    if pruning != nil { try see(Array(0..<(model.rows * model.columns))) }
  }

  private static func evaluator(
    _ graph: Graph, _ constants: ConstantPool, _ model: SynthesisModel, _ observed: [NodeID],
    scores: Bool, _ bf16: BF16Products?
  ) -> Evaluator {
    Evaluator(
      graph, constants: constants,
      keeping: observed + (scores ? model.attentions.suffix(1) : []), seeds: observed,
      gradients: [model.image], bf16: bf16)
  }

  /// Lets the model see these patches only; of all images of a method without pruning, all.
  func see(_ patches: [Int]) throws(SynthesisError) {
    guard let pruning else { return }
    if evaluators[patches.count] == nil {
      let (graph, kept) = try pruning.graph(keeping: patches.count)
      let evaluator = Self.evaluator(
        graph, constants, model, observed, scores: true, bf16)
      evaluators[patches.count] = (graph, evaluator, kept)
    }
    guard let (graph, evaluator, kept) = evaluators[patches.count] else { return }
    (self.graph, current, self.kept) = (graph, evaluator, kept)
    pruning.write(patches, into: evaluator.input(kept))
  }

  /// Where to write the image.
  var input: MutableTensorView { current.input(model.image) }

  /// ∂L/∂input of the last ``differentiate(_:_:)``.
  var gradient: TensorView { current.gradient(model.image) }

  func evaluate() { current.forward() }

  /// The name of the first node that is infinite or not a number at the image in ``input``, or at
  /// one of these parts of it; for errors.
  func firstNotFinite(parts: [Window]) -> String? {
    let image = input.view.tensor
    let patches = kept.map { [($0, current.input($0).view.tensor)] } ?? []
    let whole = graph.firstNotFinite(
      constants, at: [(model.image, image)] + patches, bf16: bf16)
    return parts.reduce(whole) { found, window in
      if let found { return found }
      var part = image
      part.withMutableView { part in
        image.withView {
          BilinearResize(window, height: model.imageShape[1], width: model.imageShape[2])
            .apply($0, into: part)
        }
      }
      return graph.firstNotFinite(constants, at: [(model.image, part)], bf16: bf16)
    }
  }

  /// The terms at the input; leaves their gradient in ``gradient``.
  func differentiate(_ terms: [any ModelTerm], _ movement: Jitter) -> SynthesisLosses {
    var losses = SynthesisLosses()
    current.forward()
    for term in terms {
      let site = TermSite(
        values: term.nodes.map(current.value), cotangents: term.nodes.map(current.cotangent),
        movement: movement, image: input.view)
      losses.add(term.name, term.loss(site), weight: Double(term.weight))
    }
    current.backward()
    return losses
  }

  /// What the class token attended to in the last block: a number for each patch that was seen,
  /// the mean over heads.
  var scores: [Float] {
    guard let pruning, let last = model.attentions.last else { return [] }
    let attention = current.value(last)
    let tokens = attention.shape.width
    let heads = attention.shape[0]
    return (pruning.otherTokens..<tokens).map { token in
      (0..<heads).reduce(Float(0)) { $0 + attention[$1 * tokens * tokens + token] }
        / Float(heads)
    }
  }
}
