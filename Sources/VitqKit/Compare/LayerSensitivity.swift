package import VitqAutodiff
import VitqFormat
import VitqGraph
import VitqImage
import VitqOps
import VitqPasses
import VitqQuantization
package import VitqReporting
import VitqTensor

/// What quantizing each layer alone does to the answers of a full-precision model.
package struct LayerSensitivity: Sendable {
  /// One layer, everything else in full precision.
  package struct Row: Sendable {
    package let name: String
    /// Mean KL(full precision ‖ layer quantized), in nats.
    package let divergence: Double
    /// Of the logits.
    package let logits: SignalError
    package let agreement: Proportion
    /// The weights of the layer; 0 for a product of activations.
    package let weightCount: Int
  }

  /// The most costly first.
  package let rows: [Row]
  package let imageCount: Int

  /// Measures every linear layer and every product of attention.
  ///
  /// Steps are chosen as in calibration: rows of weights by least squared error, activations of
  /// the whole tensor among candidate ranges, on the images themselves. The pixels that the patch
  /// embedding reads stay bytes, as in every program.
  ///
  /// - Parameters:
  ///   - model: The full-precision model.
  ///   - compared: The images; at least one.
  ///   - weightBits: Bits of a weight.
  ///   - activationBits: Bits of an activation.
  ///   - workers: Threads; the result does not depend on their number.
  ///   - progress: Called with the number of layers that are done, and of all.
  /// - Throws: ``KitError``.
  package init(
    of model: GraphModel, on compared: ComparedImages, weightBits: Int, activationBits: Int,
    workers: Workers, progress: (_ done: Int, _ total: Int) -> Void
  ) throws(KitError) {
    let bits = (weight: weightBits, activation: activationBits)
    let preprocessing = model.preprocessing
    var images: [Tensor] = []
    for index in 0..<compared.count {
      let crop = try compared.crops(index, for: [preprocessing])[0]
      images.append(
        Tensor(
          [3, preprocessing.inputHeight, preprocessing.inputWidth], preprocessing.normalize(crop)))
    }
    let graph: Graph
    do throws(GraphError) {
      graph = try SplitQKV().run(on: model.graph)
    } catch {
      throw KitError(.malformedInput, "graph: \(error)")
    }
    guard let logits = graph.landmarks[.logits], let image = graph.landmarks[.image] else {
      throw KitError(.malformedInput, "graph: expected an image and logits, found neither")
    }
    let pool = ConstantPool(graph)
    let layers = graph.ids.filter { id in
      let operation = graph[id].operation
      return operation is Linear || operation is MatMul
    }
    let reference = Self.values(of: [logits], graph, pool, image, images, workers).map { $0[0] }
    var rows: [Row] = []
    for (index, layer) in layers.enumerated() {
      let variant: Graph
      do throws(GraphError) {
        variant = try Self.quantizing(
          layer, graph, pool, image, images, bits: bits, workers: workers
        ).run(on: graph)
      } catch {
        throw KitError(.malformedInput, "graph: \(error)")
      }
      guard let result = variant.landmarks[.logits], let input = variant.landmarks[.image] else {
        continue
      }
      let answers = Self.values(
        of: [result], variant, ConstantPool(variant), input, images, workers
      ).map { $0[0] }
      rows.append(Self.row(graph[layer], graph, reference, answers))
      progress(index + 1, layers.count)
    }
    self.rows = rows.sorted { ($1.divergence, $0.name) < ($0.divergence, $1.name) }
    imageCount = images.count
  }

  private static func row(
    _ node: Node, _ graph: Graph, _ reference: [Tensor], _ answers: [Tensor]
  ) -> Row {
    let pairs = zip(reference, answers).map { ($0.elements, $1.elements) }
    let same = pairs.filter { Divergence.argmax($0) == Divergence.argmax($1) }.count
    let isLinear = node.operation is Linear
    return Row(
      name: node.name,
      divergence: pairs.reduce(0) { $0 + Divergence.kullbackLeibler($1.0, $1.1) }
        / Double(pairs.count),
      logits: pairs.reduce(SignalError()) { $0 + SignalError(reference: $1.0, $1.1) },
      agreement: Proportion(same, of: pairs.count),
      weightCount: isLinear ? graph[node.operands[1]].shape.elementCount : 0)
  }

  /// The pass that quantizes what a layer reads, with steps for the given images.
  private static func quantizing(
    _ layer: NodeID, _ graph: Graph, _ pool: ConstantPool, _ image: NodeID, _ images: [Tensor],
    bits: (weight: Int, activation: Int), workers: Workers
  ) -> QuantizeOneLayer {
    let node = graph[layer]
    let activations = node.operation is Linear ? 1 : node.operands.count
    let operands = Array(node.operands.prefix(activations)).filter { operand in
      !pool.holds(operand) && operand != image && !(graph[operand].operation is ImagePatches)
    }
    let values =
      operands.isEmpty ? [] : Self.values(of: operands, graph, pool, image, images, workers)
    var quantizers: [[UniformQuantizer]] = []
    for operand in node.operands.prefix(activations) {
      guard let position = operands.firstIndex(of: operand) else {
        quantizers.append([])
        continue
      }
      let search = ActivationSearch(
        bits: bits.activation, percentiles: [0.999, 0.9999, 0.99999])
      let choice = search.choose(values.map { $0[position] }, workers: workers)
      quantizers.append([choice.quantizer])
    }
    if node.operation is Linear, let weight = pool.value(node.operands[1])?.tensor {
      let search = WeightSearch(bits: bits.weight, codes: .asymmetric)
      quantizers.append(search.choose(weight, workers: workers).quantizers)
    }
    return QuantizeOneLayer(layer: layer, quantizers: quantizers)
  }

  /// Values of nodes for each image.
  private static func values(
    of nodes: [NodeID], _ graph: Graph, _ pool: ConstantPool, _ image: NodeID,
    _ images: [Tensor], _ workers: Workers
  ) -> [[Tensor]] {
    workers.map(images.count) {
      Evaluator(graph, constants: pool, keeping: nodes)
    } body: { evaluator, index in
      images[index].withView { evaluator.input(image).copy(from: $0) }
      evaluator.forward()
      return nodes.map { evaluator.value($0).tensor }
    }
  }
}
