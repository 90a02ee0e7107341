import type { PageData } from '../page-data.js'
import { App } from './app.js'
import { attachControls } from './controls.js'
import { element } from './dom.js'

const app = new App(JSON.parse(element('data').textContent) as PageData)
attachControls(app)
if (app.model.data.violations.length > 0) app.jump({ violation: 0 })
app.view.fit()
