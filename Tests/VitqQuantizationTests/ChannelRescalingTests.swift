import Testing
import VitqAutodiff
import VitqFormat
import VitqQuantization
import VitqTensor
import VitqTestSupport

struct ChannelRescalingTests {
  private let channels = 6
  private let search = ActivationSearch(bits: 4, percentiles: [1])

  @Test func theLayerBehindComputesTheSame() {
    var generator = SplitMix64(seed: 7)
    let values = values()
    let rescaling = ChannelRescaling(values, search: search, workers: Workers(count: 2))
    let weight = Tensor([3, channels], generator.floats(18))
    let bias = Tensor([3], generator.floats(3))
    let after = rescaling.rescaled(weight: weight, bias: bias)
    for tensor in values {
      let x = tensor.elements
      let rescaled = self.rescaled(tensor, by: rescaling)
      let expected = product(x, weight, bias)
      let found = product(rescaled, after.weight, after.bias)
      #expect(Tolerance.rounding.accepts(found, expected))
    }
  }

  @Test func oneQuantizerGivesTheCodesOfTheChannels() {
    let values = values()
    let rescaling = ChannelRescaling(values, search: search, workers: Workers(count: 1))
    var differing = 0
    for c in 0..<channels {
      let column = values.flatMap { tensor in
        (0..<tensor.shape[0]).map { tensor.elements[$0 * channels + c] }
      }
      let own = search.choose([Tensor([column.count], column)], workers: Workers(count: 1))
      let rescaled = values.flatMap { tensor in
        let x = self.rescaled(tensor, by: rescaling)
        return (0..<tensor.shape[0]).map { x[$0 * channels + c] }
      }
      // Rescaling rounds, so a value on the border of two codes may change sides.
      differing += zip(column, rescaled).count {
        own.quantizer.code(of: $0) != rescaling.quantizer.code(of: $1)
      }
    }
    #expect(differing <= 2)
  }

  /// The rescaled channels, with the normalisation's γ = 1, β = 0 standing for x itself.
  private func rescaled(_ x: Tensor, by rescaling: ChannelRescaling) -> [Float] {
    let ones = Tensor([channels], Array(repeating: 1, count: channels))
    let norm = rescaling.rescaled(gamma: ones, beta: Tensor(zeros: [channels]))
    return x.elements.enumerated().map { i, x in
      x * norm.gamma.elements[i % channels] + norm.beta.elements[i % channels]
    }
  }

  private func product(_ x: [Float], _ weight: Tensor, _ bias: Tensor) -> [Float] {
    (0..<x.count / channels).flatMap { row in
      bias.elements.indices.map { n in
        let sum = (0..<channels).reduce(Double(bias.elements[n])) {
          $0 + Double(x[row * channels + $1]) * Double(weight.elements[n * channels + $1])
        }
        return Float(sum)
      }
    }
  }

  private func values() -> [Tensor] {
    var generator = SplitMix64(seed: 1)
    return (0..<2).map { _ in
      let x = generator.floats(40 * channels)
      return Tensor(
        [40, channels],
        x.enumerated().map { i, x in
          x * [0.5, 3, 1, 1.5, 0.25, 2][i % channels] + [0.1, -1, 0.5, 0, 0.1, 0.7][i % channels]
        })
    }
  }
}
