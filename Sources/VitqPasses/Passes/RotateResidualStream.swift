package import VitqGraph
import VitqOps
import VitqTensor

/// Turns the residual stream by an orthogonal matrix and moves the parameters of its
/// normalisations to the layers behind them (QuaRot, arXiv:2404.00456, section 4, with the mean
/// that LayerNorm has and RMSNorm lacks).
///
///     %x = add(linear(%h, V, c), P)                 V′ = R V    c′ = R c    P′ = P Rᵀ
///     %n = layer_norm(%x, γ, β)              →      γ′ = 1      β′ = 0
///     %y = linear(%n, W, b)                         W′ = W diag(γ) Qᵀ    b′ = b + W β
///
/// with Q random and orthogonal, Q 1 = 1, and R = Q C, where C takes the mean from a vector. Sound
/// because (R x − mean) / deviation = Q (x − mean) / deviation: Q keeps the sum and the norm of a
/// vector, and a normalisation does not see what C removes. A normalisation of four tokens side by
/// side (Swin's patch merging) sees the mean of each, so R = Q then; its layer gets Qᵀ four times on
/// the diagonal.
///
/// Needs constant layers, embeddings and parameters; refuses a stream that anything else writes or
/// reads, such as one that a normalisation writes, or an output. Changes results only by FP32
/// rounding. Run it after ``FoldLayerScale``.
package struct RotateResidualStream: GraphPass {
  package let rotation: Rotation
  package let seed: UInt64

  package init(_ rotation: Rotation, seed: UInt64) {
    self.rotation = rotation
    self.seed = seed
  }

  package func rewrite(_ graph: Graph) throws(GraphError) -> (graph: Graph, count: Int) {
    let streams = ResidualStream.all(in: graph).enumerated().map { index, stream in
      TurnedStream(stream, matrix(order: stream.width, stream: index))
    }
    var rewriting = Rewriting(of: graph)
    var count = 0
    for id in graph.ids {
      var replacement: NodeID?
      switch graph[id].operation {
      case let constant as Constant:
        guard let stream = streams.first(where: { $0.stream.writers.contains(id) }) else { break }
        let rows = constant.value.times(stream.writing, transposed: true)
        replacement = try rewriting.add("\(graph[id].name).rotated", Constant(rows))
      case is LayerNorm where streams.contains { $0.stream.norms.contains(id) }:
        replacement = try addPlainNorm(for: id, to: &rewriting)
      case is Linear: replacement = try addLinear(for: id, streams, to: &rewriting)
      default: break
      }
      if replacement != nil { count += 1 }
      try rewriting.finish(id, as: replacement)
    }
    return (try rewriting.result(), count)
  }

  /// A stream with its matrices Q and R.
  private struct TurnedStream {
    let stream: ResidualStream
    let reading: Tensor
    let writing: Tensor

    init(_ stream: ResidualStream, _ matrix: OrthogonalMatrix) {
      self.stream = stream
      reading = matrix.tensor
      writing = stream.mergingNorms.isEmpty ? matrix.centredTensor : matrix.tensor
    }
  }

  private func matrix(order: Int, stream: Int) -> OrthogonalMatrix {
    var generator = RotationRandom(seed: seed, stream: stream)
    let matrix =
      switch rotation {
      case .random: OrthogonalMatrix(random: order, &generator)
      case .hadamard: OrthogonalMatrix(hadamard: order, &generator)
      }
    return matrix.keepingOnes()
  }

  private func addPlainNorm(
    for id: NodeID, to rewriting: inout Rewriting
  ) throws(GraphError) -> NodeID {
    let node = rewriting.source[id]
    let width = node.shape.width
    let ones = Tensor([width], Array(repeating: 1, count: width))
    let gamma = try rewriting.add("\(node.name).unit_weight", Constant(ones))
    let beta = try rewriting.add("\(node.name).zero_bias", Constant(Tensor(zeros: [width])))
    return try rewriting.add(
      node.name, node.operation, [rewriting[node.operands[0]], gamma, beta])
  }

  private func addLinear(
    for id: NodeID, _ streams: [TurnedStream], to rewriting: inout Rewriting
  ) throws(GraphError) -> NodeID? {
    let source = rewriting.source
    let node = source[id]
    guard var (weight, bias) = source.linearConstants(id) else { return nil }
    var isChanged = false
    for stream in streams {
      guard let norm = stream.stream.readers[id],
        let gamma = rewriting.constant(source[norm].operands[1]),
        let beta = rewriting.constant(source[norm].operands[2])
      else { continue }
      bias = bias.adding(weight, times: beta)
      // The columns of each token are a vector of the stream.
      let tokens = weight.shape[1] / stream.stream.width
      let vectors = weight.scalingColumns(by: gamma)
        .reshaped(to: [weight.shape[0] * tokens, stream.stream.width])
      weight = vectors.times(stream.reading, transposed: true).reshaped(to: weight.shape)
      isChanged = true
    }
    for stream in streams where stream.stream.writers.contains(id) {
      weight = stream.writing.times(weight)
      bias = bias.times(stream.writing, transposed: true)
      isChanged = true
    }
    guard isChanged else { return nil }
    let w = try rewriting.add("\(node.name).rotated_weight", Constant(weight))
    let b = try rewriting.add("\(node.name).rotated_bias", Constant(bias))
    return try rewriting.add(node.name, Linear(), [rewriting[node.operands[0]], w, b])
  }
}
