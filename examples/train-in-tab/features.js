// What the features of a finished run see: the places that fire each most, cut out of its pictures.

/** `inView`: as a run has it. */
export function showFeatures(section, words, list, inView) {
  section.hidden = false;
  list.replaceChildren();
  if (inView.reason !== undefined) {
    words.textContent = `Not shown: ${inView.reason}`;
    return;
  }
  const { places, tile, features } = inView;
  words.textContent =
    `The ${features.length} features that fire most often on ${places.toLocaleString('en')} sampled places; ` +
    'of each the strongest places, one of a picture, as much as they see.';
  list.append(
    ...features.map((feature) => {
      const item = document.createElement('li');
      const name = document.createElement('b');
      name.textContent = `f${feature.feature}`;
      const often = document.createElement('small');
      often.textContent = `fires at ${((100 * feature.fires) / places).toPrecision(2)} %`;
      item.append(name, often, drawn(feature, tile));
      return item;
    }),
  );
  section.scrollIntoView({ block: 'nearest' });
}

function drawn({ feature, values, tiles }, tile) {
  const canvas = document.createElement('canvas');
  canvas.width = values.length * tile;
  canvas.height = tile;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `the ${values.length} places that fire f${feature} most`);
  const context = canvas.getContext('2d');
  const pixels = tile * tile;
  for (let i = 0; i < values.length; i++) {
    const image = new ImageData(tile, tile);
    for (let p = 0; p < pixels; p++) {
      for (let c = 0; c < 3; c++) image.data[4 * p + c] = tiles[3 * (i * pixels + p) + c];
      image.data[4 * p + 3] = 255;
    }
    context.putImageData(image, i * tile, 0);
  }
  return canvas;
}
