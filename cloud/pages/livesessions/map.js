/* A map drawn without the internet: the coast of the United States from Maine to Carolina, roughly, by hand. */

const WEST = -80, EAST = -69, SOUTH = 36, NORTH = 43.4;
const WIDTH = 440, STRETCH = Math.cos((39.5 * Math.PI) / 180);
const SCALE = WIDTH / (EAST - WEST), HEIGHT = ((NORTH - SOUTH) * SCALE) / STRETCH;
const MILES_A_DEGREE = 69.1;
const RANGE_MILES = 200;
const STEP_DEGREES = 0.1;

const COAST = [
  [-69, 44.3], [-69.2, 43.95], [-70.2, 43.6], [-70.6, 43.1], [-70.6, 42.66], [-71, 42.35], [-70.6, 41.95], [-70.5, 41.78], [-70.1, 41.78],
  [-70, 42.05], [-70.2, 42.07], [-69.95, 41.7], [-70.6, 41.55], [-71.35, 41.47], [-72.1, 41.3], [-73, 41.22], [-73.7, 40.95], [-74, 40.7],
  [-74.15, 40.47], [-74, 40.45], [-74.1, 39.75], [-74.4, 39.35], [-74.95, 38.93], [-75.5, 39.5], [-75.1, 38.8], [-75.1, 38.3],
  [-75.95, 37.15], [-75.9, 38], [-76.1, 39.3], [-76.45, 39.1], [-76.35, 38], [-76.3, 37], [-76, 36.9], [-75.5, 35.25], [-76.5, 34.65], [-77.3, 34.4],
  [-80.2, 34.4], [-80.2, 44.4], [-69, 44.4],
];
const ISLAND = [[-74, 40.58], [-73.5, 40.6], [-72.5, 40.85], [-71.87, 41.07], [-72.4, 41.1], [-73, 40.97], [-73.75, 40.84]];
const TOWNS = { Boston: [-71.06, 42.36], 'New York': [-74, 40.71], Philadelphia: [-75.16, 39.95], Washington: [-77.04, 38.9], Norfolk: [-76.29, 36.85] };

const x = (longitude) => (longitude - WEST) * SCALE;
const y = (latitude) => ((NORTH - latitude) * SCALE) / STRETCH;
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

function make(name, attributes = {}, text = '') {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text) element.textContent = text;
  return element;
}

/** Draws the map into `home`; `moved(place)` hears where the user went. */
export class PlaceMap {
  constructor(home, place, moved) {
    this.moved = moved;
    this.svg = make('svg', { viewBox: `0 0 ${WIDTH} ${Math.round(HEIGHT)}`, role: 'group', 'aria-label': 'Map' });
    this.drawLand();
    this.ring = make('ellipse', { class: 'ring', rx: (RANGE_MILES / MILES_A_DEGREE / STRETCH) * SCALE, ry: ((RANGE_MILES / MILES_A_DEGREE) * SCALE) / STRETCH });
    this.others = make('g');
    this.pin = make('g', { class: 'pin', tabindex: 0, role: 'button' });
    this.pin.append(make('path', { class: 'me', d: 'M0 0 C-9 -12 -10 -16 -10 -20 A10 10 0 1 1 10 -20 C10 -16 9 -12 0 0 Z' }));
    this.svg.append(this.ring, this.others, this.pin);
    this.svg.addEventListener('click', (event) => this.click(event));
    this.pin.addEventListener('keydown', (event) => this.key(event));
    home.append(this.svg);
    this.move(place, false);
  }

  drawLand() {
    const grid = make('g', { class: 'grid' });
    for (let degree = -79; degree < EAST; degree += 2) {
      grid.append(make('path', { d: `M${x(degree)} 0V${HEIGHT}` }));
      this.svg.append(make('text', { class: 'grid-text', x: x(degree) + 2, y: HEIGHT - 3 }, `${-degree}° W`));
    }
    for (let degree = 37; degree < NORTH; degree += 2) {
      grid.append(make('path', { d: `M0 ${y(degree)}H${WIDTH}` }));
      this.svg.append(make('text', { class: 'grid-text', x: 2, y: y(degree) - 2 }, `${degree}° N`));
    }
    const path = (points) => `M${points.map(([longitude, latitude]) => `${x(longitude)} ${y(latitude)}`).join('L')}Z`;
    this.svg.prepend(make('path', { class: 'land', d: path(COAST) }), make('path', { class: 'land', d: path(ISLAND) }), grid);
    for (const [name, [longitude, latitude]] of Object.entries(TOWNS)) {
      this.svg.append(make('circle', { class: 'town', cx: x(longitude), cy: y(latitude), r: 2 }));
      this.svg.append(make('text', { class: 'town-text', x: x(longitude) - 5, y: y(latitude) + 3, 'text-anchor': 'end' }, name));
    }
  }

  move(place, tell = true) {
    this.place = {
      latitude: clamp(Math.round(place.latitude * 100) / 100, SOUTH, NORTH),
      longitude: clamp(Math.round(place.longitude * 100) / 100, WEST, EAST),
    };
    const at = `translate(${x(this.place.longitude)} ${y(this.place.latitude)})`;
    this.pin.setAttribute('transform', at);
    this.ring.setAttribute('transform', at);
    this.pin.setAttribute('aria-label', `Your place, ${this.place.latitude} north, ${-this.place.longitude} west. Arrow keys move it.`);
    if (tell) this.moved(this.place);
  }

  click(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    this.move({ longitude: WEST + point.x / SCALE, latitude: NORTH - (point.y * STRETCH) / SCALE });
  }

  key(event) {
    const step = { ArrowUp: [STEP_DEGREES, 0], ArrowDown: [-STEP_DEGREES, 0], ArrowLeft: [0, -STEP_DEGREES], ArrowRight: [0, STEP_DEGREES] }[event.key];
    if (!step) return;
    event.preventDefault();
    this.move({ latitude: this.place.latitude + step[0], longitude: this.place.longitude + step[1] });
  }

  /** people: [{ title, latitude, longitude }] */
  show(people) {
    this.others.replaceChildren(...people.flatMap((person) => [
      make('circle', { class: 'other', cx: x(person.longitude), cy: y(person.latitude), r: 5 }),
      make('text', { class: 'other-text', x: x(person.longitude) + 8, y: y(person.latitude) + 4 }, person.title.slice(0, 16)),
    ]));
  }
}
